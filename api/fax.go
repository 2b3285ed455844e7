package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/intake"
)

// maxFaxParts bounds the parts of a form: two are wanted.
const maxFaxParts = 16

// ReceiveFax takes in a fax: its data, and its pages as a file.
func (s *server) ReceiveFax(ctx context.Context, r gen.ReceiveFaxRequestObject) (gen.ReceiveFaxResponseObject, error) {
	form, err := readFaxForm(r.Body)
	if err != nil {
		return nil, err
	}
	v, err := decodeJSON(form.meta)
	if err != nil {
		return nil, domain.Errorf(domain.Malformed, "meta: %s", err.Error())
	}
	if err := s.checkSchema(s.document.submission, v); err != nil {
		return nil, err
	}
	var sub gen.Submission
	if err := json.Unmarshal(form.meta, &sub); err != nil {
		return nil, domain.Errorf(domain.Malformed, "meta cannot be decoded")
	}
	res, err := s.receive(ctx, domain.ChannelFax, &sub, []intake.File{form.file})
	if err != nil {
		return nil, err
	}
	if res.Duplicate {
		return gen.ReceiveFax200JSONResponse{ReceivedBeforeJSONResponse: gen.ReceivedBeforeJSONResponse(receipt(res))}, nil
	}
	return gen.ReceiveFax201JSONResponse{ReceivedJSONResponse: gen.ReceivedJSONResponse(receipt(res))}, nil
}

// faxForm is the form of a fax.
type faxForm struct {
	meta []byte
	file intake.File
}

func readFaxForm(in *multipart.Reader) (faxForm, error) {
	var form faxForm
	var f domain.Faults
	for n := 0; ; n++ {
		part, err := in.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n == maxFaxParts {
			return form, domain.Errorf(domain.Malformed, "the form cannot be read to its end")
		}
		if err := form.take(&f, part); err != nil {
			return form, err
		}
	}
	if form.meta == nil {
		f.Add("meta", "required", "is missing")
	}
	if form.file.Data == nil {
		f.Add("file", "required", "is missing")
	} else if form.file.ContentType = faxType(form.file.Data); form.file.ContentType == "" {
		f.Add("file", "format", "is neither TIFF nor PDF")
	}
	return form, f.Err()
}

func (form *faxForm) take(f *domain.Faults, part *multipart.Part) error {
	content, err := io.ReadAll(part) // the whole form was read within its limit before
	if err != nil {
		return domain.Errorf(domain.Malformed, "the form cannot be read to its end")
	}
	switch name := part.FormName(); {
	case name == "meta" && form.meta == nil:
		form.meta = content
	case name == "file" && form.file.Data == nil:
		form.file = intake.File{Name: fileName(part.FileName()), Data: content}
	default:
		f.Add(domain.Clip(name, 100), "unknown", "there is no such part, or it came before")
	}
	return nil
}

func fileName(s string) string {
	var f domain.Faults
	if domain.CheckText(&f, "", s, 500); s == "" || len(f) > 0 {
		return "fax"
	}
	return s
}

// faxType tells a file by its first bytes (TIFF 6.0 section 2, ISO 32000 section 7.5.2), since senders label faxes as they like.
func faxType(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("II*\x00")), bytes.HasPrefix(data, []byte("MM\x00*")):
		return "image/tiff"
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return "application/pdf"
	}
	return ""
}
