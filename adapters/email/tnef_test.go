package email

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

// tnefBuilder writes TNEF, to have something to read.
type tnefBuilder struct{ data []byte }

func newTNEF() *tnefBuilder {
	return &tnefBuilder{data: binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint32(nil, tnefSignature), 1)}
}

func (b *tnefBuilder) attribute(level byte, id uint32, value []byte) {
	b.data = append(b.data, level)
	b.data = binary.LittleEndian.AppendUint32(b.data, id)
	b.data = binary.LittleEndian.AppendUint32(b.data, uint32(len(value)))
	b.data = append(b.data, value...)
	b.data = append(b.data, 0, 0) // the checksum, which nobody checks
}

type tnefProp struct {
	id, kind uint16
	value    []byte
	named    bool
}

func tnefPropList(props ...tnefProp) []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(props)))
	for _, p := range props {
		out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(out, p.kind), p.id)
		if p.named {
			out = append(out, make([]byte, 16)...)
			out = binary.LittleEndian.AppendUint32(out, 1)
			out = binary.LittleEndian.AppendUint32(out, 6)
			out = append(out, 'a', 0, 'b', 0, 0, 0, 0, 0) // padded to four bytes
		}
		if !isVariable(p.kind) {
			out = append(out, p.value...)
			continue
		}
		out = binary.LittleEndian.AppendUint32(out, 1)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(p.value)))
		out = append(out, p.value...)
		out = append(out, make([]byte, (4-len(p.value)%4)%4)...)
	}
	return out
}

func utf16le(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return append(out, 0, 0)
}

func winmail() []byte {
	b := newTNEF()
	b.attribute(1, tnefCodepage, binary.LittleEndian.AppendUint32(nil, 949))
	b.attribute(1, tnefProps, tnefPropList(
		tnefProp{0x0017, 0x0003, []byte{1, 0, 0, 0}, false},
		tnefProp{0x8001, typeString8, []byte("x\x00"), true},
		tnefProp{0x0039, 0x0040, make([]byte, 8), false},
		tnefProp{propBody, typeUnicode, utf16le("견적서를 보내드립니다."), false},
	))
	b.attribute(2, tnefAttachNew, make([]byte, 14))
	b.attribute(2, tnefAttachName, []byte("\xb0\xdf\xc0\xfb~1.pdf\x00"))
	b.attribute(2, tnefAttachData, []byte("%PDF-"))
	b.attribute(2, tnefAttachProp, tnefPropList(
		tnefProp{propFileName, typeUnicode, utf16le("견적서 최종.pdf"), false},
		tnefProp{propMIMEType, typeString8, []byte("application/pdf\x00"), false},
	))
	return b.data
}

func TestWinmail(t *testing.T) {
	t.Parallel()
	source := "From: a@example.com\nMessage-ID: <a@b>\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(winmail())
	m := NewParser(Options{}).Parse([]byte(source))
	if m.Text != "견적서를 보내드립니다." {
		t.Errorf("text %q", m.Text)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "견적서 최종.pdf" || m.Attachments[0].ContentType != "application/pdf" || string(m.Attachments[0].Data) != "%PDF-" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	if len(m.Problems) > 0 {
		t.Errorf("problems %q", m.Problems)
	}
}

// TestBrokenWinmail cuts a container at every byte: what came before the cut
// is kept, and nothing panics.
func TestBrokenWinmail(t *testing.T) {
	t.Parallel()
	whole := winmail()
	for n := range whole {
		if n < 6 {
			continue
		}
		f, _ := readTNEF(whole[6:n])
		if f.text != "" && !strings.HasPrefix(f.text, "견적서") {
			t.Errorf("cut at %d: text %q", n, f.text)
		}
	}
}

func FuzzTNEF(f *testing.F) {
	f.Add(winmail()[6:])
	f.Fuzz(func(t *testing.T, data []byte) {
		file, _ := readTNEF(data)
		if len(file.files) > maxAttachments {
			t.Error("too many attachments")
		}
	})
}
