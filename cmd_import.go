package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"sori/domain"
	"sori/domain/intake"
)

func importCommand() *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use: "import PATH…", Short: "take in mbox files and folders of .eml files; running it again takes in only what is new",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := open(cmd.Context())
			if err != nil {
				return err
			}
			defer p.store.Close()
			i := importer{intake: p.intake, account: account, errs: cmd.ErrOrStderr()}
			return i.run(domain.WithActor(cmd.Context(), domain.System("import")), args, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&account, "account", domain.DefaultAccount, "mailbox that the mails are for")
	return cmd
}

// importWorkers take in mails side by side, so that the store commits many at once.
const importWorkers = 32

type importer struct {
	intake  *intake.Service
	account string
	errs    io.Writer
	bar     *progressbar.ProgressBar
	results chan string
}

const (
	outcomeNew       = "new"
	outcomeDuplicate = "duplicate"
	outcomeFailed    = "failed"
)

// run imports all paths, and says at the end how many mails were new, had come before, and failed.
func (i *importer) run(ctx context.Context, paths []string, out io.Writer) error {
	total, err := sizeOf(paths)
	if err != nil {
		return err
	}
	i.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(i.errs), progressbar.OptionShowBytes(true), progressbar.OptionSetDescription("import"))
	i.results = make(chan string, importWorkers)
	counts := map[string]int{}
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for r := range i.results {
			counts[r]++
		}
	}()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(importWorkers)
	err = i.walk(ctx, paths, func(name string, raw []byte) {
		group.Go(func() error { return i.take(ctx, name, raw) })
	})
	if failed := group.Wait(); failed != nil {
		err = failed // by which the walk was stopped
	}
	close(i.results)
	<-counted
	_ = i.bar.Finish()
	fmt.Fprintf(out, "%d new, %d duplicate, %d failed\n", counts[outcomeNew], counts[outcomeDuplicate], counts[outcomeFailed])
	if err == nil && counts[outcomeFailed] > 0 {
		err = fmt.Errorf("%d mails were not taken in", counts[outcomeFailed])
	}
	return err
}

// take takes in one mail. A mail that is refused stops no other; a store that fails stops all.
func (i *importer) take(ctx context.Context, name string, raw []byte) error {
	res, err := i.intake.ReceiveMail(ctx, i.account, raw)
	_ = i.bar.Add(len(raw))
	outcome := outcomeNew
	switch code := domain.CodeOf(err); {
	case err == nil && res.Duplicate:
		outcome = outcomeDuplicate
	case err == nil:
	case domain.FieldOf(err) == "account", code == domain.Internal, code == domain.Unavailable:
		return fmt.Errorf("%s: %w", name, err)
	default:
		fmt.Fprintf(i.errs, "\n%s: %v\n", name, err)
		outcome = outcomeFailed
	}
	i.results <- outcome
	return nil
}

func sizeOf(paths []string) (total int64, err error) {
	for _, path := range paths {
		err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				total += info.Size()
			}
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return total, nil
}

// walk hands over every mail of every path: a file ending in .eml is one mail, any other file an mbox; in a folder only .eml and .mbox files count.
func (i *importer) walk(ctx context.Context, paths []string, mail func(name string, raw []byte)) error {
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			ext := strings.ToLower(filepath.Ext(path))
			switch {
			case ext == ".eml":
				raw, err := os.ReadFile(path)
				if err == nil {
					mail(path, raw)
				}
				return err
			case ext == ".mbox" || path == root:
				return readMbox(path, mail)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readMbox hands over the mails of an mbox file (RFC 4155; the "From " of a body is quoted by ">" as in mboxrd). A mail longer than a mail may be is
// cut there, so that a file that is no mbox cannot fill the memory; intake then refuses it.
func readMbox(path string, mail func(name string, raw []byte)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var current bytes.Buffer
	n, blank := 0, true
	flush := func() {
		if current.Len() > 0 {
			n++
			mail(fmt.Sprintf("%s#%d", path, n), bytes.Clone(current.Bytes()))
			current.Reset()
		}
	}
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case blank && bytes.HasPrefix(line, []byte("From ")):
			flush()
		case current.Len() <= intake.MaxMail:
			current.Write(unquoteFrom(line))
		}
		blank = len(bytes.TrimRight(line, "\r\n")) == 0
		if errors.Is(err, bufio.ErrBufferFull) {
			blank = false
			continue
		}
		if errors.Is(err, io.EOF) {
			flush()
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// unquoteFrom takes one ">" off a line such as ">From " or ">>From ".
func unquoteFrom(line []byte) []byte {
	rest := bytes.TrimLeft(line, ">")
	if len(rest) < len(line) && bytes.HasPrefix(rest, []byte("From ")) {
		return line[1:]
	}
	return line
}
