// Package loadtest makes a realistic store and measures a running server over real HTTP.
//
//	people.go   who asks, and what: Korean and English, all channels, few customers who ask a lot
//	fill.go     filling a store
//	run.go      many connections, one question
//	plan.go     the questions
//	report.go   table and JSON
//	live.go     many subscribers, events at a rate, how soon each learns of them
//	follower.go one subscriber, by WebSocket or SSE
package loadtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"sori/domain"
	"sori/domain/intake"
)

var (
	surnames = []string{"김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오", "서", "신", "권", "황", "안", "송", "류", "홍"}
	given    = []string{"민준", "서연", "도윤", "서윤", "시우", "지우", "주원", "서현", "하준", "민서", "지호", "하은", "준서", "지유", "현우", "수아", "길동", "은지", "태영", "보라"}
	subjects = []string{
		"환불 문의드립니다", "배송이 아직 안 왔어요", "비밀번호를 잊어버렸습니다", "결제가 두 번 되었어요", "계정이 잠겼습니다", "예약 변경 부탁드립니다", "영수증 재발행 요청",
		"Refund for my last order", "Where is my parcel", "Cannot log in to my account", "Charged twice this month", "Change my reservation", "Invoice address is wrong",
	}
	sentences = []string{
		"지난주에 주문한 상품이 아직 도착하지 않았습니다.", "결제 내역을 확인해 주시고 환불 처리 부탁드립니다.", "고객센터에 전화했지만 연결이 되지 않았습니다.",
		"로그인하려고 하면 오류 메시지가 나옵니다.", "아이템이 사라졌는데 복구가 가능한가요?", "배송지 변경을 하고 싶은데 방법을 알려 주세요.", "빠른 답변 기다리겠습니다.",
		"체크인 시간을 오후 세 시로 바꿀 수 있나요?", "카드 한도가 왜 줄었는지 궁금합니다.", "이벤트 쿠폰이 적용되지 않습니다.", "민원 서류 발급 절차를 문의합니다.",
		"I ordered two items last week and only one of them arrived.", "Please check the payment and refund the second charge.", "The app shows an error when I sign in.",
		"Could you send the invoice again to my company address?", "I would like to move my booking to next Friday.", "Nobody answered when I called the support line.",
		"The delivery address has changed, how can I update it?", "Thank you for a quick answer.",
	}
	tagPool = []string{"환불", "배송", "로그인", "결제", "vip", "재문의", "이벤트", "billing", "delivery", "urgent"}
	queues  = []string{"general", "refund", "delivery", "account", "vip"}
)

// Crowd makes submissions. It is not safe for concurrent use; give each goroutine its own, with its own seed.
type Crowd struct {
	rng       *rand.Rand
	customers *rand.Zipf
	run       string
	n         int
}

// NewCrowd makes a crowd of so many customers, of whom few ask a lot (Zipf, exponent 1.2). run marks its ids, so that two crowds do not collide.
func NewCrowd(seed uint64, customers int, run string) *Crowd {
	rng := rand.New(rand.NewPCG(seed, 20261122))
	return &Crowd{rng: rng, customers: rand.NewZipf(rng, 1.2, 20, uint64(customers-1)), run: run}
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// phoneOf gives the n-th customer's number.
func phoneOf(n uint64) string { return fmt.Sprintf("010-%04d-%04d", 2000+n/10000%8000, n%10000) }

func (c *Crowd) party() domain.Party {
	n := c.customers.Uint64()
	p := domain.Party{Name: surnames[n%20] + given[n/20%20], Phone: phoneOf(n)}
	if n%3 == 0 {
		p.Email = fmt.Sprintf("user%d@mail%d.test", n, n%7)
	}
	return p
}

// stranger is somebody who never asked before.
func (c *Crowd) stranger() domain.Party {
	return domain.Party{Name: pick(c.rng, surnames) + pick(c.rng, given), Email: fmt.Sprintf("new-%s-%d@mail.test", c.run, c.n)}
}

func (c *Crowd) text() string {
	var b strings.Builder
	for range 2 + c.rng.IntN(5) {
		b.WriteString(pick(c.rng, sentences))
		b.WriteByte(' ')
	}
	fmt.Fprintf(&b, "주문번호 %08d", c.rng.IntN(100_000_000))
	return b.String()
}

// Next gives one submission, on any channel but mail and fax.
func (c *Crowd) Next(at time.Time) intake.Submission {
	c.n++
	sub := intake.Submission{
		Channel: pick(c.rng, []domain.Channel{domain.ChannelPhone, domain.ChannelPhone, domain.ChannelMemo, domain.ChannelBoard, domain.ChannelChat}),
		From:    c.party(), Subject: pick(c.rng, subjects), Text: c.text(), ExternalID: fmt.Sprintf("%s-%d", c.run, c.n), OccurredAt: &at,
	}
	if c.rng.IntN(3) == 0 {
		sub.Tags = []string{pick(c.rng, tagPool)}
	}
	id := fmt.Sprintf("%s-%d", c.run, c.n)
	switch sub.Channel {
	case domain.ChannelPhone:
		ended := at.Add(4 * time.Minute)
		sub.Phone = &domain.PhonePart{CallID: id, Direction: domain.Inbound, Dialled: "1588-1234", StartedAt: &at, EndedAt: &ended, Agent: fmt.Sprintf("agent%d", c.rng.IntN(50)), Disposition: "inquiry"}
	case domain.ChannelBoard:
		sub.Board = &domain.BoardPart{Board: "qna", PostID: id, Visibility: "private"}
	case domain.ChannelChat:
		sub.Chat = &domain.ChatPart{SessionID: id}
	default:
		sub.Memo = &domain.MemoPart{Location: "프런트", Author: "desk"}
	}
	return sub
}

// Memo gives a memo, of a known customer or of somebody new.
func (c *Crowd) Memo(known bool, at time.Time) intake.Submission {
	sub := c.Next(at)
	sub.Channel, sub.Phone, sub.Board, sub.Chat = domain.ChannelMemo, nil, nil, nil
	sub.Memo = &domain.MemoPart{Location: "프런트", Author: "desk"}
	if !known {
		sub.From = c.stranger()
	}
	return sub
}

// Mail gives a raw mail of about size bytes.
func (c *Crowd) Mail(size int, at time.Time) []byte {
	c.n++
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s <user%d@mail.test>\r\nTo: voc@shop.test\r\nSubject: %s\r\nMessage-ID: <%s.%d@mail.test>\r\nDate: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
		"user", c.customers.Uint64(), pick(c.rng, subjects), c.run, c.n, at.Format(time.RFC1123Z))
	for b.Len() < size {
		b.WriteString(pick(c.rng, sentences))
		b.WriteString("\r\n")
	}
	return []byte(b.String())
}
