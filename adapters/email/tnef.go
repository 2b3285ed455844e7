package email

import (
	"encoding/binary"
	"errors"
	"strings"

	"sori/domain"
)

// The attributes of TNEF (MS-OXTNEF §2.1.3.3) that hold what people sent.
const (
	tnefSignature  = 0x223e9f78
	tnefBody       = 0x0002800c
	tnefCodepage   = 0x00069007
	tnefProps      = 0x00069003
	tnefAttachNew  = 0x00069002
	tnefAttachName = 0x00018010
	tnefAttachData = 0x0006800f
	tnefAttachProp = 0x00069005
)

// The MAPI properties of interest (MS-OXPROPS), by id.
const (
	propBody       = 0x1000
	propHTML       = 0x1013
	propFileName   = 0x3707
	propMIMEType   = 0x370e
	propContentID  = 0x3712
	propAttachData = 0x3701
)

// maxProps is how many properties of one attribute are read.
const maxProps = 2000

// errTNEF is any fault of the format; what came before it is kept.
var errTNEF = errors.New("the TNEF container is broken")

// tnefFile is what Outlook packs into winmail.dat.
type tnefFile struct {
	text     string
	html     string
	codepage string
	files    []domain.MailAttachment
}

// tnef unpacks a winmail.dat part. ok is false if it is none, or broken so early that
// nothing came out of it: it is then kept as a file.
func (c *content) tnef(p *part) (b body, ok bool) {
	data := p.decoded(c.problems)
	if len(data) < 6 || binary.LittleEndian.Uint32(data) != tnefSignature {
		return body{}, false
	}
	f, err := readTNEF(data[6:])
	if err != nil {
		c.problems.add("%v", err)
	}
	if err != nil && len(f.files) == 0 && f.text == "" && f.html == "" {
		return body{}, false
	}
	for _, file := range f.files {
		if len(c.files) >= maxAttachments {
			c.problems.add("more than %d attachments; the rest was left out", maxAttachments)
			break
		}
		c.files = append(c.files, file)
	}
	return body{text: f.text, html: f.html}, true
}

// readTNEF walks over the attributes. Lengths are checked before anything is
// taken; checksums are not, as Outlook does not check them either.
func readTNEF(data []byte) (*tnefFile, error) {
	f := &tnefFile{codepage: "cp949"}
	for len(data) >= 11 {
		id := binary.LittleEndian.Uint32(data[1:])
		length := uint64(binary.LittleEndian.Uint32(data[5:]))
		if length+11 > uint64(len(data)) {
			return f, errTNEF
		}
		if err := f.attribute(id, data[9:9+length]); err != nil {
			return f, err
		}
		data = data[11+length:]
	}
	f.finish()
	return f, nil
}

func (f *tnefFile) attribute(id uint32, value []byte) error {
	switch id {
	case tnefCodepage:
		if len(value) >= 4 {
			f.codepage = codepageLabel(binary.LittleEndian.Uint32(value))
		}
	case tnefBody:
		f.text = f.string8(value)
	case tnefProps:
		return readProps(value, f.messageProp)
	case tnefAttachNew:
		if len(f.files) >= maxAttachments {
			return errTNEF
		}
		f.files = append(f.files, domain.MailAttachment{ContentType: "application/octet-stream"})
	case tnefAttachName:
		f.last().Name = safeName(f.string8(value))
	case tnefAttachData:
		f.last().Data = append([]byte(nil), value...)
	case tnefAttachProp:
		return readProps(value, f.attachProp)
	}
	return nil
}

// last is the attachment being read; one that begins without its head is made.
func (f *tnefFile) last() *domain.MailAttachment {
	if len(f.files) == 0 {
		f.files = append(f.files, domain.MailAttachment{ContentType: "application/octet-stream"})
	}
	return &f.files[len(f.files)-1]
}

func (f *tnefFile) messageProp(id, kind uint16, value []byte) {
	switch id {
	case propBody:
		f.text = f.propText(kind, value)
	case propHTML:
		f.html = f.propText(kind, value)
	}
}

func (f *tnefFile) attachProp(id, kind uint16, value []byte) {
	switch id {
	case propFileName:
		if name := safeName(f.propText(kind, value)); name != "" {
			f.last().Name = name
		}
	case propMIMEType:
		f.last().ContentType = safeType(strings.ToLower(f.propText(kind, value)))
	case propContentID:
		f.last().ContentID = cleanLine(strings.Trim(f.propText(kind, value), "<>"))
	case propAttachData:
		if len(f.last().Data) == 0 {
			f.last().Data = append([]byte(nil), value...)
		}
	}
}

func (f *tnefFile) finish() {
	for i := range f.files {
		if f.files[i].Name == "" {
			f.files[i].Name = "attachment.bin"
		}
	}
}

func (f *tnefFile) string8(value []byte) string {
	text, _ := decodeCharset(value, f.codepage)
	return cleanText(strings.TrimRight(text, "\x00"))
}

func (f *tnefFile) propText(kind uint16, value []byte) string {
	if kind == typeUnicode {
		text, ok := decodeUTF16(value, "utf-16le")
		if ok {
			return cleanText(strings.TrimRight(text, "\x00"))
		}
	}
	return f.string8(value)
}

// codepageLabel names the code pages that Windows uses for text.
func codepageLabel(page uint32) string {
	switch page {
	case 949:
		return "cp949"
	case 932:
		return "cp932"
	case 936:
		return "gbk"
	case 950:
		return "big5"
	case 65001:
		return "utf-8"
	}
	return "windows-1252"
}

// MAPI property types (MS-OXCDATA §2.11.1).
const (
	typeString8  = 0x001e
	typeUnicode  = 0x001f
	typeObject   = 0x000d
	typeBinary   = 0x0102
	typeMultiple = 0x1000
	typeClass    = 0x0048
)

// readProps walks over a property list (MS-OXTNEF §2.1.3.4) and gives every
// text and binary value to take.
func readProps(data []byte, take func(id, kind uint16, value []byte)) error {
	r := &propReader{data: data}
	count := r.uint32()
	for i := uint32(0); i < count && i < maxProps && !r.broken; i++ {
		kind, id := r.uint16(), r.uint16()
		if id >= 0x8000 {
			r.skipName()
		}
		values := uint32(1)
		variable := isVariable(kind &^ typeMultiple)
		if variable || kind&typeMultiple != 0 {
			values = r.uint32()
		}
		for v := uint32(0); v < values && !r.broken; v++ {
			value := r.value(kind&^typeMultiple, variable)
			if v == 0 && variable && !r.broken {
				take(id, kind, value)
			}
		}
	}
	if r.broken {
		return errTNEF
	}
	return nil
}

func isVariable(kind uint16) bool {
	return kind == typeString8 || kind == typeUnicode || kind == typeBinary || kind == typeObject
}

// propReader reads little-endian values and remembers that it ran out.
type propReader struct {
	data   []byte
	broken bool
}

func (r *propReader) take(n uint64) []byte {
	if n > uint64(len(r.data)) {
		r.broken, r.data = true, nil
		return nil
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *propReader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *propReader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// skipName passes over the name of a named property.
func (r *propReader) skipName() {
	r.take(16)
	if r.uint32() == 0 {
		r.take(4)
		return
	}
	r.take(padded(r.uint32()))
}

func (r *propReader) value(kind uint16, variable bool) []byte {
	if !variable {
		return r.take(fixedSize(kind))
	}
	n := r.uint32()
	value := r.take(padded(n))
	if r.broken {
		return nil
	}
	return value[:n]
}

func padded(n uint32) uint64 { return (uint64(n) + 3) &^ 3 }

// fixedSize is the room a value of fixed size takes, padded to four bytes.
func fixedSize(kind uint16) uint64 {
	switch kind {
	case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040: // double, currency, times, long integer
		return 8
	case typeClass:
		return 16
	}
	return 4
}
