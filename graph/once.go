package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sori/domain"
	"sori/graph/wire"
)

const (
	receiveMutation   = "receiveInquiry"
	maxIdempotencyKey = 255 // bytes
	// keyField is what the domain calls the key.
	keyField = "Idempotency-Key"
	// answerWait is how long a request waits for the answer of the same one that came just before it.
	answerWait = 2 * time.Second
	answerPoll = 20 * time.Millisecond
)

// once carries a mutation out once for each of the actor's keys; without a key it just carries it out. A second request gets what the first one
// changed. KeyReused if the key came with another request; Conflict if the first one's answer is not known, as after a crash.
func (r *resolver) once(ctx context.Context, mutation, key string, input any, run func(context.Context) (*wire.Changed, error)) (*wire.Changed, error) {
	if key == "" {
		return run(ctx)
	}
	claim, err := r.claim(ctx, mutation, key, input)
	if err != nil {
		return nil, err
	}
	if first, err := r.firstAnswer(ctx, mutation, claim, false); first != nil || err != nil {
		return first, err
	}
	changed, err := run(domain.WithIdempotency(ctx, claim))
	if domain.IsCode(err, domain.Duplicate) && domain.FieldOf(err) == keyField { // one that came at the same time was first
		return r.firstAnswer(ctx, mutation, claim, true)
	}
	if err != nil {
		return nil, keyAsArgument(err)
	}
	answer, err := json.Marshal(changed)
	if err == nil {
		err = claim.KeepAnswer(context.WithoutCancel(ctx), r.Store, 0, "application/json", answer)
	}
	if err != nil { // it was carried out; a repeat will be told that, though not with what came of it
		r.Log.ErrorContext(ctx, "graphql: answer not kept", "mutation", mutation, "err", err)
	}
	return changed, nil
}

func (r *resolver) claim(ctx context.Context, mutation, key string, input any) (*domain.IdempotencyClaim, error) {
	var f domain.Faults
	domain.CheckText(&f, "idempotencyKey", key, maxIdempotencyKey)
	if err := f.Err(); err != nil {
		return nil, err
	}
	request, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("fingerprint of %s: %w", mutation, err)
	}
	return domain.NewIdempotencyClaim(domain.ActorFrom(ctx), key, "graphql "+mutation, request, r.Clock()), nil
}

// firstAnswer gives the answer of an earlier request with the key, nil if there was none. It waits for one that is just being written; sure says that
// there was one, though its commit may not be seen yet.
func (r *resolver) firstAnswer(ctx context.Context, mutation string, claim *domain.IdempotencyClaim, sure bool) (*wire.Changed, error) {
	for waited := time.Duration(0); ; waited += answerPoll {
		rec, err := claim.Seen(ctx, r.Store, r.Clock())
		if err != nil || rec == nil && !sure {
			return nil, keyAsArgument(err)
		}
		if rec != nil && len(rec.Answer) > 0 {
			changed := new(wire.Changed)
			err := json.Unmarshal(rec.Answer, changed)
			changed.Duplicate = true
			return changed, err
		}
		if rec != nil && rec.Made != "" && mutation == receiveMutation { // the answer was lost, as in a crash after the commit
			return received(r.Intake.Again(ctx, rec.Made))
		}
		if waited >= answerWait {
			return nil, domain.Errorf(domain.Conflict, "a request with this idempotencyKey was carried out, but what came of it is not known")
		}
		select {
		case <-time.After(answerPoll):
		case <-ctx.Done():
			return nil, domain.Errorf(domain.Unavailable, "stopped waiting: %w", ctx.Err())
		}
	}
}

// keyAsArgument names the key as this door does.
func keyAsArgument(err error) error {
	if domain.FieldOf(err) != keyField {
		return err
	}
	return &domain.Error{Code: domain.CodeOf(err), Field: "idempotencyKey", Rule: "unique", Message: "this key was used for another request"}
}
