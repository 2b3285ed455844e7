package domain

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

type kept struct{}

func TestWorkThatWasBegunMayFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		program, stop := context.WithCancel(context.WithValue(t.Context(), kept{}, "yes"))
		work, done := WithGrace(program)
		defer done()
		if work.Value(kept{}) != "yes" {
			t.Error("the values are lost")
		}
		stop()
		time.Sleep(grace - time.Millisecond)
		synctest.Wait()
		if work.Err() != nil {
			t.Error("it was cut off at once")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if work.Err() == nil {
			t.Error("it may go on for ever")
		}
	})
}
