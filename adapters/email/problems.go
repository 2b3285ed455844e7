package email

import "fmt"

// maxProblems keeps a hostile mail from filling its record with complaints.
const maxProblems = 50

// problems collects what was wrong with a mail, each thing once.
type problems struct{ list []string }

func (p *problems) add(format string, args ...any) {
	if len(p.list) >= maxProblems {
		return
	}
	text := cleanLine(format)
	if len(args) > 0 {
		text = cleanLine(fmt.Sprintf(format, args...))
	}
	for _, old := range p.list {
		if old == text {
			return
		}
	}
	p.list = append(p.list, text)
}
