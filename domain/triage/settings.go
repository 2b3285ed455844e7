package triage

import (
	"context"
	"slices"

	"sori/domain"
)

// SettingsPatch changes the settings. What is nil stays.
type SettingsPatch struct {
	Automatic   *bool
	PeopleTiers *[]string
	MaxAnswers  *int
	TypeFrom    *float64
	Resolve     *bool
}

// Settings gives the settings, the defaults if nobody has set any.
func (s *Service) Settings(ctx context.Context) (*domain.TriageSettings, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageRead); err != nil {
		return nil, err
	}
	return s.settings(ctx, s.Store)
}

func (s *Service) settings(ctx context.Context, r domain.Reader) (*domain.TriageSettings, error) {
	t, err := domain.TriageSettingsStore.Get(ctx, r, domain.TriageSettingsID)
	if domain.IsCode(err, domain.NotFound) {
		fallback := domain.DefaultTriageSettings()
		return &fallback, nil
	}
	return t, err
}

// EditSettings changes the settings. version guards it as everywhere; Invalid names every fault.
func (s *Service) EditSettings(ctx context.Context, version int64, p SettingsPatch) (*domain.TriageSettings, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageWrite); err != nil {
		return nil, err
	}
	var out *domain.TriageSettings
	err := s.write(ctx, domain.EditionCatalogue, func(tx domain.Tx) error {
		t, err := s.settings(ctx, tx)
		if err != nil {
			return err
		}
		if version != 0 && version != t.Version {
			return domain.Errorf(domain.Stale, "the settings were changed since version %d", version)
		}
		before := settingsView(t)
		p.apply(t)
		if err := checkSettings(t); err != nil {
			return err
		}
		out = t
		changes := domain.Changed(before, settingsView(t))
		if len(changes) == 0 {
			return nil
		}
		if t.Version == 0 {
			err = domain.TriageSettingsStore.Insert(ctx, tx, t)
		} else {
			err = domain.TriageSettingsStore.Replace(ctx, tx, t)
		}
		if err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventTriageSettings, At: s.Clock(), Subject: domain.Ref{Kind: "triageSettings", ID: t.ID}, Data: changes,
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (p SettingsPatch) apply(t *domain.TriageSettings) {
	domain.SetIf(&t.Automatic, p.Automatic)
	domain.SetIf(&t.PeopleTiers, p.PeopleTiers)
	domain.SetIf(&t.MaxAnswers, p.MaxAnswers)
	domain.SetIf(&t.TypeFrom, p.TypeFrom)
	domain.SetIf(&t.Resolve, p.Resolve)
}

func checkSettings(t *domain.TriageSettings) error {
	var f domain.Faults
	checkListed(&f, "peopleTiers", t.PeopleTiers)
	if t.MaxAnswers < 1 || t.MaxAnswers > 10 {
		f.Add("maxAnswers", "range", "must be from 1 to 10")
	}
	if !(t.TypeFrom >= 0 && t.TypeFrom <= 1) {
		f.Add("typeFrom", "range", "must be from 0 to 1")
	}
	return f.Err()
}

func settingsView(t *domain.TriageSettings) map[string]any {
	return map[string]any{
		"automatic": t.Automatic, "peopleTiers": slices.Clone(t.PeopleTiers), "maxAnswers": t.MaxAnswers, "typeFrom": t.TypeFrom, "resolve": t.Resolve,
	}
}
