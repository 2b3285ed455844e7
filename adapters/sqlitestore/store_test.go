package sqlitestore

import (
	"testing"

	"sori/adapters/storetest"
	"sori/domain"
)

func openTemporary(t testing.TB, specs ...*domain.Spec) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Specs: specs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openIn(t testing.TB, dir string, specs ...*domain.Spec) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir, Specs: specs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, specs ...*domain.Spec) domain.Store { return openTemporary(t, specs...) })
}
