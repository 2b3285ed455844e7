"""Drives scripts/mail-e2e.sh: sends mail of all kinds to the program by real mail servers, has it answered, kills the program in the middle, and counts.

Nothing may be lost, and nothing doubled. Uses the standard library only.
"""

import argparse
import email.message
import email.parser
import email.policy
import email.utils
import glob
import json
import os
import random
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

BIN = os.environ.get("SORI_BIN", "bin/sori")
KOREAN = "안녕하세요. 지난주에 주문한 상품의 배송지를 변경하고 싶습니다. 확인 부탁드립니다."


def say(text):
    print(f"{time.strftime('%T')}  {text}", flush=True)


class Failed(Exception):
    pass


def check(ok, what):
    if not ok:
        raise Failed(what)


def wait_for(what, done, seconds=90):
    """Waits until done() gives something true, and gives that."""
    end = time.time() + seconds
    while True:
        got = done()
        if got:
            return got
        if time.time() > end:
            raise Failed(f"{what}: does not happen in {seconds} s")
        time.sleep(0.1)


class Sori:
    """The program: started, killed, asked."""

    def __init__(self, args):
        self.args, self.process, self.kills = args, None, 0
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.env = dict(
            os.environ, SORI_DEV="1", SORI_DATA_DIR=args.dir + "/sori", SORI_ADDR=f"127.0.0.1:{self.port}", SORI_LOG_LEVEL="info",
            SORI_SMTP_URL=f"smtp://127.0.0.1:{args.smtp}", SORI_LMTP_ADDR=f"127.0.0.1:{args.lmtp}", SORI_MAIL_HOSTNAME="sori.shop.test",
            SORI_MAIL_SEND_TIMEOUT="5s", SORI_MAILBOX_VOC="secret",
        )
        self.token = None

    def command(self, *words):
        return subprocess.run([BIN, *words], env=self.env, check=True, capture_output=True, text=True).stdout.strip()

    def start(self):
        with open(self.args.dir + "/sori.log", "ab") as log:
            self.process = subprocess.Popen([BIN, "serve"], env=self.env, stdout=log, stderr=log)
        wait_for("the program is ready", self.ready, 30)
        self.token = self.token or self.command("token", "--role", "admin", "--subject", "e2e")

    def ready(self):
        check(self.process.poll() is None, "the program ended by itself")
        try:
            return urllib.request.urlopen(self.base + "/readyz", timeout=2).status == 200
        except OSError:
            return False

    def kill(self):
        """Ends it as a power cut would, and starts it again."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1
        time.sleep(random.random())
        self.start()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise Failed("the program does not stop") from None

    def ask(self, method, path, body=None, key=None, want=(200, 201, 202)):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        request.add_header("Authorization", "Bearer " + self.token)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if key:
            request.add_header("Idempotency-Key", key)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as e:
            status, content = e.code, e.read()
        check(status in want, f"{method} {path}: {status} {content[:300]!r}")
        return json.loads(content) if content else None

    def cpu(self):
        """CPU seconds that the running program has used."""
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Feed:
    """All events so far, in order."""

    def __init__(self, sori):
        self.sori, self.after, self.events = sori, "", []

    def read(self):
        while True:
            page = self.sori.ask("GET", f"/v1/events?limit=200&after={self.after}")
            self.events += page["items"]
            if not page["items"]:
                return self.events
            self.after = page["items"][-1]["cursor"]

    def of(self, kind):
        return [e for e in self.read() if e["type"] == kind]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def letter(n, sender, to="voc@shop.test", subject=None, text=None, charset="utf-8", html=None, file=None, message_id=True, headers=()):
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m["From"], m["To"], m["Subject"] = sender, to, subject or f"문의 e2e-{n:05d}"
    m["Date"] = email.utils.formatdate()
    if message_id:
        m["Message-ID"] = f"<e2e-{n}@customer.test>"
    for name, value in headers:
        m[name] = value
    m.set_content(text or f"{KOREAN} ({n})", charset=charset)
    if html:
        m.add_alternative(html, subtype="html")
    if file:
        m.add_attachment(file, maintype="text", subtype="plain", filename="주문 내역.txt")
    return m.as_bytes()


def hostile(n):
    """Mails that are no mails, or hardly."""
    head = f"From: h{n}@customer.test\r\nTo: voc@shop.test\r\nSubject: e2e-{n:05d}\r\nMessage-ID: <e2e-{n}@customer.test>\r\n".encode()
    bodies = [
        b"Content-Type: multipart/mixed\r\n\r\nno boundary\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"".join(b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" for _ in range(200)),
        b"Content-Type: text/plain; charset=no-such\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%not base64%%%%\r\n",
        b"Content-Type: text/html\r\n\r\n<script>alert(1)</script>" + b"<div>" * 5000 + b"\r\n",
        b"Date: never\r\nReferences: " + b"<x@y> " * 150 + b"\r\n\r\n\xff\xfe\xfd raw bytes \x80\r\n",
    ]
    return head + bodies[n % len(bodies)]


def report(n):
    """A delivery report (RFC 3464) about a mail that nobody here sent."""
    return f"""From: MAILER-DAEMON@mx.customer.test
To: voc@shop.test
Subject: Undelivered Mail e2e-{n:05d}
Message-ID: <e2e-{n}@customer.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<gone{n}@customer.test>: user unknown

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.test

Final-Recipient: rfc822; gone{n}@customer.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b--
""".replace("\n", "\r\n").encode()


def all_kinds(count):
    """Gives (raw mail, envelope from, envelope to) of mails of all kinds, one in twenty of them twice, and how many different ones there are."""
    out = []
    for n in range(count - count // 20):
        sender, to = f"c{n}@customer.test", "voc@shop.test"
        match n % 20:
            case 0 | 1:
                raw = letter(n, sender, charset="euc-kr")
            case 2:
                raw = letter(n, sender, html=f"<p>{KOREAN}</p><script>x()</script>", file="주문 123".encode())
            case 3:
                raw = letter(n, sender, message_id=False)
            case 4:
                raw = letter(n, sender, subject=f"자동응답: 부재중 e2e-{n:05d}", text="I am out of office.", headers=[("Auto-Submitted", "auto-replied")])
            case 5:
                raw = report(n)
            case 6 | 7:
                to = "voc@lmtp.test"
                raw = letter(n, sender, to=to)
            case 8:
                raw = hostile(n)
            case 9:
                raw = letter(n, sender, text="주민등록번호는 900101-1234568 입니다.")
            case _:
                raw = letter(n, sender, text=f"How can I change my delivery address? ({n})")
        out.append((raw, sender, to))
    twice = [m for i, m in enumerate(out) if i % 20 == 12][: count - len(out)]
    random.shuffle(twice)
    return out + twice, len(out)


def post(args, mails):
    with smtplib.SMTP("127.0.0.1", args.smtp, timeout=30) as server:
        for raw, sender, to in mails:
            server.sendmail(sender, [to], raw, mail_options=["BODY=8BITMIME"])


def maildir(args, user):
    """The mails that a user of Dovecot has."""
    parser = email.parser.BytesParser(policy=email.policy.default)
    out = []
    for path in sorted(glob.glob(f"{args.dir}/mail/{user}/new/*") + glob.glob(f"{args.dir}/mail/{user}/cur/*")):
        try:
            with open(path, "rb") as f:
                out.append(parser.parse(f))
        except FileNotFoundError:
            pass  # it was moved in this moment
    return out


def listening(port):
    def ask():
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False
    return ask


def set_up(args, sori):
    wait_for("Postfix", listening(args.smtp), 30)
    wait_for("Dovecot", listening(args.imap), 30)
    for user, after in (("voc", ["--after", "move", "--move-to", "Done"]), ("bulk", ["--after", "seen"])):
        sori.command("mail", "mailbox", "add", "--host", "127.0.0.1", "--port", str(args.imap), "--security", "none", "--user", user, "--password-env", "SORI_MAILBOX_VOC", *after)
    sori.start()
    accounts = sori.ask("GET", "/v1/accounts?channel=email")["items"]
    sori.ask("PATCH", "/v1/accounts/" + accounts[0]["id"], {"address": "voc@shop.test", "brand": "우리가게", "signature": "고객센터 1588-0000"})
    sori.ask("POST", "/v1/accounts", {"key": "lmtp", "channel": "email", "name": "LMTP", "address": "voc@lmtp.test"})
    time.sleep(3)  # the list of addresses is read afresh every two seconds


def mails_in(args, sori, feed):
    mails, different = all_kinds(args.mails)
    third = len(mails) // 3
    start = time.time()
    for part in (mails[:third], mails[third : 2 * third], mails[2 * third :]):
        post(args, part)
        if part[-1] is not mails[-1]:
            time.sleep(random.random())
            sori.kill()
    received = wait_for(f"{different} different mails are taken in", lambda: (got := feed.of("interaction.received")) and len(got) >= different and got)
    time.sleep(3)  # what comes twice may come late
    received = feed.of("interaction.received")
    say(f"{len(mails)} mails sent, {len(received)} taken in, {sori.kills} kills, {time.time() - start:.1f} s")
    check(len(received) == different, f"{len(received)} mails were taken in, want {different}")
    interactions = [sori.ask("GET", "/v1/interactions/" + e["subject"]["id"]) for e in received]
    marks = [x["subject"][x["subject"].index("e2e-") :][:9] for x in interactions]
    check(len(set(marks)) == different, "a mail was taken in twice, and another lost")
    kinds = {k: sum(x["kind"] == k for x in interactions) for k in ("message", "autoreply", "bounce")}
    say(f"kinds: {kinds}")
    check(kinds["autoreply"] == sum(1 for m, *_ in mails if b"out of office" in m) and kinds["bounce"] == sum(1 for m, *_ in mails if b"delivery-status" in m), "kinds are mistaken")
    check(sum("배송지를 변경" in x["text"] for x in interactions) >= different * 5 // 20 - 5, "Korean texts are not read")
    check(not any("1234568" in x["text"] for x in interactions), "a resident number stands in clear")
    wait_for("the mailbox is moved", lambda: not maildir(args, "voc"), 30)
    return interactions


def replies(args, sori, feed, interactions):
    """Agents answer; the program is killed while it sends."""
    open_ones = [x for x in interactions if x["kind"] == "message" and x["from"]["email"].startswith("c")][:40]
    for i, x in enumerate(open_ones):
        body, key = {"text": f"답변드립니다 re-{i}", "resolve": i % 2 == 0}, f"reply-{i}"
        sori.ask("POST", f"/v1/inquiries/{x['inquiryId']}/replies", body, key=key)
        if i in (13, 27):
            sori.kill()
    delivered = wait_for("all replies are delivered", lambda: len(feed.of("interaction.delivered")) >= len(open_ones) and feed.of("interaction.delivered"), 120)
    check(len(delivered) == len(open_ones), "a reply was delivered twice")
    copies = 0
    for i, x in enumerate(open_ones):
        user = x["from"]["email"].split("@")[0]
        got = wait_for(f"{user} has the answer", lambda user=user, i=i: [m for m in maildir(args, user) if f"re-{i}" in m.get_body().get_content()])
        check(len({m["Message-ID"] for m in got}) == 1, f"{user} has answers under several Message-IDs")
        copies += len(got)
        m = got[0]
        check(m["In-Reply-To"] == f"<{x['email']['messageId']}>" or not x["email"]["messageId"].startswith("e2e"), "In-Reply-To is wrong")
    say(f"{len(open_ones)} replies delivered in {copies} copies, {sori.kills} kills")
    return open_ones


def answers(args, sori, feed, open_ones):
    """A customer answers the reply, by the reply address or by the references."""
    before = len(feed.of("interaction.received"))
    for i, x in enumerate(open_ones[:10]):
        user = x["from"]["email"].split("@")[0]
        reply = maildir(args, user)[0]
        to = reply["Reply-To"].addresses[0].addr_spec if i % 2 == 0 else "voc@shop.test"
        headers = [] if i % 4 == 0 else [("In-Reply-To", reply["Message-ID"]), ("References", reply["Message-ID"])]
        post(args, [(letter(90000 + i, x["from"]["email"], to=to, text="감사합니다. 하나 더 여쭙니다.", headers=headers), x["from"]["email"], to)])
    wait_for("the answers are taken in", lambda: len(feed.of("interaction.received")) == before + 10)
    for e in feed.of("interaction.received")[before:]:
        x = sori.ask("GET", "/v1/interactions/" + e["subject"]["id"])
        n = int(x["subject"].split("e2e-")[1][:5]) - 90000
        check(x["inquiryId"] == open_ones[n]["inquiryId"], f"answer {n} went to another inquiry")
    say("10 answers thread, by token and by references")


def bounces(args, sori, feed):
    """A reply that the next server refuses, and one that it takes and returns."""
    before = len(feed.of("interaction.received"))
    for n, host in ((95000, "refused.test"), (95001, "bounced.test")):
        post(args, [(letter(n, f"kim@{host}"), f"kim@{host}", "voc@shop.test")])
    wait_for("both are taken in", lambda: len(feed.of("interaction.received")) == before + 2)
    asked = {}
    for e in feed.of("interaction.received")[before:]:
        x = sori.ask("GET", "/v1/interactions/" + e["subject"]["id"])
        asked[x["from"]["email"]] = x
        sori.ask("POST", f"/v1/inquiries/{x['inquiryId']}/replies", {"text": "답변", "resolve": True})
    failed = wait_for("the refused reply shows", lambda: feed.of("interaction.delivery_failed"))
    refused, bounced = asked["kim@refused.test"], asked["kim@bounced.test"]
    check([e["data"].get("status") for e in failed] == ["5.1.1"], f"failures {failed}")
    wait_for("the bounce comes back", lambda: len(feed.of("interaction.received")) == before + 3)
    bounce = sori.ask("GET", "/v1/interactions/" + feed.of("interaction.received")[-1]["subject"]["id"])
    check(bounce["kind"] == "bounce" and bounce["inquiryId"] == bounced["inquiryId"], f"the bounce is a {bounce['kind']} in {bounce['inquiryId']}")
    for x in (refused, bounced):
        c = sori.ask("GET", "/v1/customers/" + x["customerId"])
        check(c["identities"][0]["undeliverable"], f"{x['from']['email']} is not marked undeliverable")
    check(sori.ask("GET", "/v1/inquiries/" + refused["inquiryId"])["status"] == "open", "the inquiry of a refused reply is not open")
    say("a refusal and a bounce come back to their inquiries")


def loops(args, sori, feed, open_ones):
    """Our own mail is forwarded to us."""
    before = len(feed.of("interaction.received"))
    for x in [x for x in open_ones if x["account"] == "default"][:5]:
        mine = maildir(args, x["from"]["email"].split("@")[0])[0]
        post(args, [(mine.as_bytes(policy=email.policy.SMTP), "forward@customer.test", "voc@shop.test")])
    post(args, [(letter(96000, "c1@customer.test"), "c1@customer.test", "voc@shop.test")])
    wait_for("a mail after them is taken in", lambda: len(feed.of("interaction.received")) > before)
    wait_for("all are taken from the mailbox", lambda: not maildir(args, "voc"), 30)
    check(len(feed.of("interaction.received")) == before + 1, "our own mail was taken in")
    say("our own mail that comes back is cut")


def automatic(args, sori, feed):
    """Frequent questions are answered without a person; a program that answers back is not answered for ever."""
    sori.ask("POST", "/v1/types", {"key": "address", "name": "배송지 변경", "threshold": {"mode": "manual", "value": 0.5}})
    sori.ask("POST", "/v1/types", {"key": "refund", "name": "환불", "threshold": {"mode": "off"}})
    sori.ask("POST", "/v1/templates", {"type": "address", "language": "ko", "text": "{{customer.name|고객}}님, 배송지는 마이페이지에서 바꾸실 수 있습니다. auto-answer"})
    wordings = {
        "address": ["배송지 변경하고 싶어요", "주소를 바꾸고 싶습니다", "배송 주소 변경 부탁드립니다", "받는 주소를 잘못 적었어요", "배송지를 수정해 주세요", "다른 주소로 보내 주세요"],
        "refund": ["환불해 주세요", "돈을 돌려받고 싶어요", "결제를 취소하고 싶습니다", "환불은 언제 되나요", "반품하고 환불받을게요", "주문 취소할게요"],
    }
    lines = "\n".join(json.dumps({"type": t, "text": w, "language": "ko"}, ensure_ascii=False) for t, list_ in wordings.items() for w in list_)
    request = urllib.request.Request(sori.base + "/v1/triage/examples", data=lines.encode(), method="POST", headers={"Authorization": "Bearer " + sori.token, "Content-Type": "application/x-ndjson"})
    urllib.request.urlopen(request, timeout=30).read()
    sori.ask("POST", "/v1/triage/train", {})
    wait_for("the classifier is trained", lambda: sori.ask("POST", "/v1/triage/classify", {"text": "배송지 변경하고 싶어요", "language": "ko"})["type"] == "address", 60)
    for n in range(10):
        post(args, [(letter(97000 + n, f"auto{n}@customer.test", subject=f"배송지 변경 e2e-{97000 + n}", text="배송지 변경하고 싶어요"), f"auto{n}@customer.test", "voc@shop.test")])
    for n in range(10):
        got = wait_for(f"auto{n} is answered", lambda n=n: [m for m in maildir(args, f"auto{n}") if "auto-answer" in m.get_body().get_content()])
        check(len(got) == 1 and got[0]["Auto-Submitted"] == "auto-replied", f"auto{n} has {len(got)} answers, or they do not say that they are automatic")
    say("10 frequent questions are answered automatically")
    answered = 0
    for n in range(12):
        post(args, [(letter(98000 + n, "robot@customer.test", subject=f"배송지 변경 e2e-{98000 + n}", text="배송지 변경하고 싶어요"), "robot@customer.test", "voc@shop.test")])
        deadline = time.time() + 4
        while len(maildir(args, "robot")) == answered and time.time() < deadline:
            time.sleep(0.1)
        if len(maildir(args, "robot")) == answered:
            break
        answered = len(maildir(args, "robot"))
    check(1 <= answered <= 6, f"a robot was answered {answered} times")
    say(f"a robot that answers every answer gets {answered}")


def bulk(args, sori, feed):
    """How fast a full folder is taken in."""
    folder = f"{args.dir}/mail/bulk/new"
    wait_for("the folder is there", lambda: os.path.isdir(folder))
    before = len(feed.of("interaction.received"))
    sori.stop()
    for n in range(args.bulk):
        path = f"{folder}/{1700000000 + n}.M{n}P1.e2e"
        with open(path, "wb") as f:
            f.write(letter(200000 + n, f"b{n % 1000}@customer.test", to="bulk@shop.test", text=(KOREAN + "\n") * 10))
        os.chown(path, os.stat(folder).st_uid, os.stat(folder).st_gid)
    start = time.time()
    sori.start()
    wait_for("the folder is taken in", lambda: sori.ask("GET", "/healthz") and len(feed.of("interaction.received")) >= before + args.bulk, 300)
    taken = [e["at"] for e in feed.of("interaction.received")[before:]]
    check(len(taken) == args.bulk, f"{len(taken)} taken in, want {args.bulk}")
    cpu = sori.cpu()
    seconds = instant(taken[-1]) - instant(taken[0])
    say(f"{args.bulk} mails from IMAP: {args.bulk / max(seconds, 0.001):.0f} a second from the first to the last, {args.bulk / (time.time() - start):.0f} with start and look, {cpu / args.bulk * 1000:.2f} ms of processor each")


def instant(text):
    from datetime import datetime

    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def talk(args, sori, feed):
    """Mail in, mail out, and what comes back."""
    interactions = mails_in(args, sori, feed)
    open_ones = replies(args, sori, feed, interactions)
    answers(args, sori, feed, open_ones)
    bounces(args, sori, feed)
    loops(args, sori, feed, open_ones)
    automatic(args, sori, feed)


def main():
    p = argparse.ArgumentParser()
    for name in ("smtp", "imap", "lmtp"):
        p.add_argument("--" + name, type=int, required=True)
    p.add_argument("--dir", required=True)
    p.add_argument("--mails", type=int, default=200, help="0: none but those of --bulk")
    p.add_argument("--bulk", type=int, default=3000)
    args = p.parse_args()
    sori = Sori(args)
    feed = Feed(sori)
    try:
        set_up(args, sori)
        if args.mails:
            talk(args, sori, feed)
        if args.bulk:
            bulk(args, sori, feed)
        sori.stop()
        say("the mailboxes: " + sori.command("mail", "mailbox", "list").replace("\n", " | "))
        say("in quarantine: " + (sori.command("mail", "quarantine", "list") or "nothing"))
    except Failed as e:
        print(f"FAILED: {e}", file=sys.stderr)
        return 1
    finally:
        if sori.process and sori.process.poll() is None:
            sori.process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
