package api

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"

	"sori/domain"
)

// authorise names the actor of a request by its token and checks the operation's scope.
func (s *server) authorise(c *gin.Context, op *operation) error {
	if op.public {
		return nil
	}
	if err := s.authenticate(c); err != nil || op.scope == "" {
		return err
	}
	_, err := domain.Require(c.Request.Context(), op.scope)
	return err
}

// authenticate puts the actor whose token it is into the request's context.
func (s *server) authenticate(c *gin.Context) error {
	token, err := bearer(c)
	if err != nil {
		return err
	}
	actor, err := s.Verify(c.Request.Context(), token)
	if err != nil {
		return err
	}
	c.Set(actorKey, actor)
	c.Request = c.Request.WithContext(context.WithValue(domain.WithActor(c.Request.Context(), actor), tokenKey{}, token))
	return nil
}

type tokenKey struct{}

// tokenOf gives the token of a request that was let in by one.
func tokenOf(ctx context.Context) string {
	token, _ := ctx.Value(tokenKey{}).(string)
	return token
}

// bearer reads the token (RFC 6750 section 2.1). Tokens in bodies and URLs are not taken: they end in logs.
func bearer(c *gin.Context) (string, error) {
	values := c.Request.Header.Values("Authorization")
	if len(values) != 1 {
		return "", domain.Errorf(domain.Unauthenticated, "a token is needed: Authorization: Bearer …")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", domain.Errorf(domain.Unauthenticated, "a token is needed: Authorization: Bearer …")
	}
	return token, nil
}
