package mongostore

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sori/domain"
)

func TestZZ(t *testing.T) {
	type stat struct {
		n, failed int
		d, max    time.Duration
	}
	var mu sync.Mutex
	stats := map[string]*stat{}
	db := newDatabase(t)
	s, err := Open(t.Context(), Options{URI: testURI(t), Database: db, Specs: domain.Declared(), Logger: slog.New(slog.DiscardHandler), Observe: func(c string, d time.Duration, failed bool) {
		mu.Lock()
		defer mu.Unlock()
		st := stats[c]
		if st == nil {
			st = &stat{}
			stats[c] = st
		}
		st.n++
		st.d += d
		st.max = max(st.max, d)
		if failed {
			st.failed++
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	var customers []*domain.Customer
	now := domain.SystemClock()
	s.Write(ctx, func(tx domain.Tx) error {
		for i := range 200 {
			c := &domain.Customer{Name: "김하나", Tier: "regular", CreatedAt: now, UpdatedAt: now, Identities: []domain.Identity{domain.MakeIdentity(domain.IdentityPhone, fmt.Sprintf("+8210%08d", i), "")}}
			customers = append(customers, c)
			domain.Customers.Insert(ctx, tx, c)
		}
		return nil
	})
	for _, par := range []int{1, 64, 64, 1} {
		mu.Lock()
		clear(stats)
		mu.Unlock()
		s0, c0 := cpu("SPID"), cpu("self")
		began := time.Now()
		var wg sync.WaitGroup
		for g := range par {
			wg.Go(func() {
				for n := range 512 / par {
					if err := intake(ctx, s, customers, n+g*17); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		fmt.Println(par, "took", time.Since(began), "per tx", time.Since(began)/512)
		fmt.Println("CPU ms per tx: server", (cpu("SPID")-s0)/512, "client", (cpu("self")-c0)/512)
		mu.Lock()
		for c, st := range stats {
			fmt.Println("  ", c, st.n, "failed", st.failed, "mean", st.d/time.Duration(st.n), "max", st.max)
		}
		mu.Unlock()
	}
}

func cpu(pid string) float64 {
	if pid == "SPID" {
		pid = os.Getenv("SPID")
	}
	b, _ := os.ReadFile("/proc/" + pid + "/stat")
	f := strings.Fields(string(b))
	u, _ := strconv.Atoi(f[13])
	k, _ := strconv.Atoi(f[14])
	return float64(u+k) * 10
}
