package routing

import (
	"context"
	"encoding/json"
	"time"

	"sori/domain"
)

// JobPlace is the kind of the job that places an inquiry which could not be placed when its turn came.
const JobPlace = "routing.place"

const placeAgain = time.Minute

type placeArgs struct {
	InquiryID string    `json:"inquiryId"`
	Former    []string  `json:"former,omitempty"`
	Wrote     time.Time `json:"wrote,omitzero"`
	Returned  time.Time `json:"returnedAt,omitzero"`
}

// placeLater leaves an inquiry to a JobPlace.
func (s *Service) placeLater(ctx context.Context, t *touch, failed error) error {
	s.Log.Error("placing an inquiry; it is tried again later", "inquiry", t.inquiryID, "err", failed)
	return s.later(ctx, JobPlace, "", placeArgs{t.inquiryID, t.former, t.wrote, t.returned}, placeAgain)
}

// RunPlace does a JobPlace. Where the inquiry stands is read anew.
func (s *Service) RunPlace(ctx context.Context, job *domain.Job) error {
	var args placeArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return err
	}
	ctx = domain.WithActor(ctx, actor)
	set, err := s.set(ctx)
	if err != nil || !set.staffed {
		return err
	}
	t := &touch{inquiryID: args.InquiryID, former: args.Former, wrote: args.Wrote, returned: args.Returned}
	err = s.placeChunk(ctx, set, []*touch{t})
	if domain.IsCode(err, domain.Duplicate) {
		err = s.placeHeld(ctx, set, t, err)
	}
	return err
}
