package worktime

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Holiday is a public holiday.
type Holiday struct {
	Date time.Time // midnight UTC of its day
	Name string    // in the country's own language
}

// files has one file a country: lines of date, TAB, name. Each says in its head where it comes from.
//
//go:embed holidays/*.tsv
var files embed.FS

var holidays = sync.OnceValue(func() map[string][]Holiday {
	out := map[string][]Holiday{}
	names, err := fs.Glob(files, "holidays/*.tsv")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for _, name := range names {
		out[strings.TrimSuffix(path.Base(name), ".tsv")] = readHolidays(name)
	}
	return out
})

func readHolidays(name string) []Holiday {
	f, err := files.Open(name)
	if err != nil {
		panic(err) // it is embedded
	}
	defer func() { _ = f.Close() }() // of a file that is part of the program
	var out []Holiday
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		on, what, _ := strings.Cut(line, "\t")
		day, err := time.Parse(time.DateOnly, on)
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err)) // a test reads every file
		}
		out = append(out, Holiday{day, what})
	}
	return out
}

// Countries lists the countries whose public holidays are known here (ISO 3166-1).
func Countries() []string {
	out := make([]string, 0, len(holidays()))
	for country := range holidays() {
		out = append(out, country)
	}
	slices.Sort(out)
	return out
}

// addHolidays makes the public holidays of a country free.
func (c *Calendar) addHolidays(country string) error {
	if country == "" {
		return nil
	}
	list, ok := holidays()[country]
	if !ok {
		return fmt.Errorf("there are no public holidays of %.20q here", country)
	}
	for _, h := range list {
		y, m, d := h.Date.Date()
		c.days[date{y, m, d}] = nil
	}
	return nil
}
