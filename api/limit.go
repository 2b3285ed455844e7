package api

import (
	"math"
	"net/netip"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"sori/domain"
)

// Rate is a token bucket: so many requests a second on average, and so many at once.
type Rate struct {
	PerSecond float64 // 0 is no limit
	Burst     int
}

// maxBuckets bounds the memory of a limiter. Who has asked the longest time ago is forgotten first, and starts with a full bucket.
const maxBuckets = 100_000

// limiter keeps a bucket for each caller.
type limiter struct {
	rate    Rate
	buckets *lru.Cache[string, *rate.Limiter]
	now     domain.Clock
}

// newLimiter gives nil, which limits nothing, for the zero Rate.
func newLimiter(r Rate, now domain.Clock) *limiter {
	if r.PerSecond <= 0 {
		return nil
	}
	if r.Burst < 1 {
		r.Burst = max(1, int(math.Ceil(r.PerSecond)))
	}
	cache, err := lru.New[string, *rate.Limiter](maxBuckets)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &limiter{rate: r, buckets: cache, now: now}
}

// admit takes a token from the caller's bucket and tells how it stands in the RateLimit headers. RateLimited if there is none.
func (l *limiter) admit(c *gin.Context, caller string) error {
	if l == nil {
		return nil
	}
	fresh := rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)
	bucket, known, _ := l.buckets.PeekOrAdd(caller, fresh)
	if !known {
		bucket = fresh
	} else {
		l.buckets.Get(caller)
	}
	now := l.now()
	ok := bucket.AllowN(now, 1)
	left := max(0, bucket.TokensAt(now))
	refill := func(tokens float64) string {
		return strconv.Itoa(int(math.Ceil(max(0, tokens) / l.rate.PerSecond)))
	}
	c.Header("RateLimit-Limit", strconv.Itoa(l.rate.Burst))
	c.Header("RateLimit-Remaining", strconv.Itoa(int(left)))
	c.Header("RateLimit-Reset", refill(float64(l.rate.Burst)-left))
	if ok {
		return nil
	}
	c.Header("Retry-After", strconv.Itoa(max(1, int(math.Ceil((1-left)/l.rate.PerSecond)))))
	return domain.Errorf(domain.RateLimited, "more than %g requests a second; try again in %s", l.rate.PerSecond, time.Duration((1-left)/l.rate.PerSecond*float64(time.Second)).Round(time.Millisecond))
}

// clientNetwork is what counts as one client where nobody says who he is: an IPv4 address, or the /64 that one IPv6 site has.
func clientNetwork(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Unmap().Is4() {
		return ip
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}
