package triage

import (
	"fmt"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/faqrank"
)

func TestIndexFollowsTheArticles(t *testing.T) {
	t.Parallel()
	article := func(id, title string, version int64) *domain.Article {
		return &domain.Article{Doc: domain.Doc{ID: id, Version: version}, Title: title}
	}
	before := map[string]*domain.Article{"a": article("a", "환불 안내", 1), "b": article("b", "배송지 변경", 1), "c": article("c", "회원 탈퇴", 1)}
	after := map[string]*domain.Article{"a": article("a", "환불 안내", 1), "b": article("b", "영수증 발급", 2), "d": article("d", "비밀번호 재설정", 1)}
	index := faqrank.NewIndex(nil)
	bring(index, nil, before)
	bring(index, before, after)
	for question, want := range map[string]string{"환불": "a", "영수증": "b", "비밀번호": "d", "배송지": "", "탈퇴": ""} {
		got := ""
		if hits := index.Search(question, 1); len(hits) > 0 {
			got = hits[0].ID
		}
		if got != want {
			t.Errorf("%s finds %q, want %q", question, got, want)
		}
	}
}

func TestWordingsTeachWeights(t *testing.T) {
	t.Parallel()
	c := articleCache{current: &articleSet{index: faqrank.NewIndex(nil), byID: map[string]*domain.Article{}}}
	for i, what := range []string{"환불", "배송지", "영수증", "비밀번호", "회원 등급", "쿠폰", "포인트", "교환", "반품", "결제 수단"} {
		a := &domain.Article{Doc: domain.Doc{ID: fmt.Sprint(i), Version: 1}, Title: what + "에 대해 알려 주세요"}
		for _, form := range []string{"%s 좀 알고 싶은데요", "%s 관련해서 문의드립니다", "%s 어떻게 하나요", "%s 도와주세요"} {
			a.Questions = append(a.Questions, fmt.Sprintf(form, what))
		}
		c.current.byID[a.ID] = a
	}
	before := c.current
	c.learnWeights()
	for range 500 {
		c.mu.Lock()
		done := !c.busy
		c.mu.Unlock()
		if done {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.weights == nil || c.current == before || c.learnt != 40 {
		t.Fatalf("learnt %d wordings", c.learnt)
	}
	if hits := c.current.index.Search("쿠폰 사용법을 알려 주세요", 1); len(hits) != 1 || hits[0].ID != "5" {
		t.Errorf("%+v", hits)
	}
	c.learnWeights()
	if c.busy {
		t.Error("the same wordings are learnt again")
	}
}
