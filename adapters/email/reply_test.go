package email

import (
	"strings"
	"testing"
)

func TestCutReply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"nothing to cut", "환불해 주세요.\n\n빨리요.", "환불해 주세요.\n\n빨리요."},
		{"gmail korean", "네\n\n2021년 2월 2일 (화) 오전 8:33, 홍길동 <a@example.com>님이 작성:\n\n> 질문", "네"},
		{"gmail korean, converted", "네\n\n2021년 10월 22일 (금) 오전 1:23, 홍길동 <a@example.org <mailto:a@example.org>>님이 작성:\n> 질문", "네"},
		{"gmail korean, wrapped", "네\n\n2021년 2월 2일 (화) 오전 8:33, 아주아주 긴 이름의 고객센터\n<a@example.com>님이 작성:\n\n> 질문", "네"},
		{"gmail korean, unmarked", "네\n\n2021년 2월 2일 (화) 오전 8:33, 홍길동 <a@example.com>님이 작성:\n\n질문", "네"},
		{"thunderbird korean date", "네\n\nOn 2020년 03월 17일 23:37, 홍길동 wrote:\n> 질문", "네"},
		{"thunderbird korean", "네\n\n21. 2. 2. 오전 8:33에 홍길동 이(가) 쓴 글:\n> 질문", "네"},
		{"apple korean", "네\n\n2021. 2. 2. 오전 8:33, 홍길동 <a@example.com> 작성:\n\n> 질문", "네"},
		{"outlook korean", "네\n\n________________________________\n보낸 사람: 홍길동 <a@example.com>\n보낸 날짜: 2021년 2월 2일 화요일 오전 8:33\n받는 사람: b@example.com\n제목: 문의\n\n질문", "네"},
		{"outlook english", "Yes\n\nFrom: Kim <a@example.com>\nSent: Tuesday, February 2, 2021\nTo: b@example.com\nSubject: Q\n\nquestion", "Yes"},
		{"naver", "네\n\n-----Original Message-----\nFrom: \"홍길동\" <a@example.com>\nTo: b\n\n질문", "네"},
		{"daum", "네\n\n--------- 원본 메일 ---------\n보낸사람: 홍길동\n\n질문", "네"},
		{"samsung", "네\n\n-------- 원본 이메일 --------\n발신: 홍길동\n날짜: 21/2/2\n수신: b\n제목: 문의\n\n질문", "네"},
		{"forwarded korean", "전달합니다\n\n---------- 전달된 메시지 ----------\n보낸사람: 홍길동\n\n본문", "전달합니다"},
		{"iphone korean", "네\n\n나의 iPhone에서 보냄", "네"},
		{"galaxy", "네\n\n내 Galaxy에서 보냄", "네"},
		{"outlook for android", "네\n\nAndroid용 Outlook 다운로드", "네"},
		{"outlook for ios", "네\n\niOS용 Outlook 받기\n________________________________\nFrom: a\nSent: b\nTo: c\nSubject: d\n\n질문", "네"},
		{"name below thanks", "확인 부탁드립니다.\n감사합니다.\n홍길동 드림", "확인 부탁드립니다.\n감사합니다."},
		{"korean signature", "확인 부탁드립니다.\n\n-- \n홍길동\n소리상점 과장\n02-123-4567", "확인 부탁드립니다."},
		{"speaks of sending", "제 폰에서 보낸 사진이 안 보여요.\n다시 보냄", "제 폰에서 보낸 사진이 안 보여요.\n다시 보냄"},
		{"a word with a colon", "보낸 사람: 확인이 안 돼요", "보낸 사람: 확인이 안 돼요"},
		{"a date with a colon", "2021년 2월 2일 주문:\n무선 이어폰 1개", "2021년 2월 2일 주문:\n무선 이어폰 1개"},
		{"answer below", "> 언제 오나요?\n> 내일요?\n\n모레요", "> 언제 오나요?\n> 내일요?\n\n모레요"},
		{"answer below a heading", "On 2 Feb 2021, Kim wrote:\n> when?\n\ntomorrow", "tomorrow"},
		{"answers between", "On 2 Feb 2021, Kim wrote:\n> when?\ntomorrow\n> where?\nhere\n> bye", "On 2 Feb 2021, Kim wrote:\n> when?\ntomorrow\n> where?\nhere"},
		{"forward without a word", "---------- Forwarded message ---------\nFrom: a\nDate: b\nSubject: c\nTo: d\n\ntext", ""},
		{"table of dashes", "Item\n----\nTea\n\nCould you send two of these to my new address, please?", "Item\n----\nTea\n\nCould you send two of these to my new address, please?"},
		{"what a shop sent", "안녕하세요\n\n반품 상품은 어제 편의점에서 보냄\n\n그런데 환불이 안 됐습니다.", "안녕하세요\n\n반품 상품은 어제 편의점에서 보냄\n\n그런데 환불이 안 됐습니다."},
		{"sent by a carrier", "Hello,\n\nSent via UPS on Monday\n\nbut the number is unknown.", "Hello,\n\nSent via UPS on Monday\n\nbut the number is unknown."},
		{"a parcel's sender", "문의드립니다.\n\n보낸 사람: 홍길동\n받는 사람: 김철수\n보낸 날짜: 5월 1일\n\n아직 안 왔습니다.", "문의드립니다.\n\n보낸 사람: 홍길동\n받는 사람: 김철수\n보낸 날짜: 5월 1일\n\n아직 안 왔습니다."},
		{"a quote below a phone's line", "네\n\n나의 iPhone에서 보냄\n\n2024. 5. 1. 오후 3:00, 고객센터 <voc@shop.test> 작성:\n\n질문", "네"},
		{"hanmail of old", "네\n\n---------[ 받은 메일 내용 ]----------\n제목 : 문의\n질문", "네"},
		{"a no-break space", "네\n\n나의 iPhone에서\u00a0보냄", "네"},
		{"empty", "", ""},
	} {
		if got := cutReply(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestReplyOfHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, html, text, reply string }{
		{"gmail", `<div>Yes<br></div><div class="gmail_quote"><div class="gmail_attr">On x, y wrote:</div><blockquote>old</blockquote></div>`, "Yes\nOn x, y wrote:\n> old", "Yes"},
		{"outlook rest", `<p>Yes</p><div id="divRplyFwdMsg">From: a</div><p>old</p>`, "Yes\n\nFrom: a\n\nold", "Yes"},
		{"cite", `Yes<blockquote type="cite">old</blockquote>`, "Yes\n> old", "Yes"},
		{"nothing own", `<div class="gmail_quote">old</div>`, "old", "old"},
		{"hidden", `<div style="display:none">preview</div><p>Yes</p><style>p{}</style><script>x</script>`, "Yes", "Yes"},
		{"table and list", `<table><tr><td>a</td><td>b</td></tr></table><ul><li>c<li>d</ul><pre>e  f
g</pre>`, "a b\n- c\n- d\ne  f\ng", "a b\n- c\n- d\ne  f\ng"},
	} {
		m := NewParser(Options{}).Parse([]byte("From: a@example.com\nContent-Type: text/html\n\n" + c.html))
		if m.Text != c.text || m.ReplyText != c.reply {
			t.Errorf("%s: text %q, reply %q", c.name, m.Text, m.ReplyText)
		}
	}
}

func TestCleaner(t *testing.T) {
	t.Parallel()
	safe, text := Cleaner{}.Clean(`<p onclick="x()">안녕 <a href="javascript:alert(1)">a</a> <a href="https://shop.example">b</a><img src="cid:x"><img src=x onerror=y></p><form><input></form>`)
	for _, bad := range []string{"onclick", "javascript", "onerror", "<form", "<input"} {
		if strings.Contains(safe, bad) {
			t.Errorf("%s passed: %s", bad, safe)
		}
	}
	if !strings.Contains(safe, `src="cid:x"`) || !strings.Contains(safe, `href="https://shop.example"`) || text != "안녕 a b" {
		t.Errorf("safe %q, text %q", safe, text)
	}
}

func FuzzReply(f *testing.F) {
	f.Add("On 1 May 2020, a wrote:\n> b\n\n-- \nc")
	f.Add("From: a\nTo: b\nSubject: c\n\n>\n>:\n----\nRegards,\nd")
	f.Fuzz(func(t *testing.T, text string) {
		text = cleanText(text)
		if got := cutReply(text); len(got) > len(text) {
			t.Errorf("the reply is longer than the text")
		}
	})
}
