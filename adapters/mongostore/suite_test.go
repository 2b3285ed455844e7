package mongostore

import (
	"testing"

	"sori/adapters/storetest"
	"sori/domain"
)

func TestSuite(t *testing.T) {
	testURI(t)
	storetest.Run(t, func(t *testing.T, specs ...*domain.Spec) domain.Store { return openStore(t, specs...) })
}

// Servers older than MongoDB 8.0 have no bulk write over many collections.
func TestSuiteOnOldServer(t *testing.T) {
	testURI(t)
	storetest.Run(t, func(t *testing.T, specs ...*domain.Spec) domain.Store {
		s := openStore(t, specs...)
		s.dialect.clientBulk = false
		return s
	})
}
