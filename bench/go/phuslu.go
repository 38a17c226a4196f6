package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/phuslu/log"
)

const phusluNoContext = "no context variables"

var phusluContestant = contestant{
	name:   "phuslu",
	module: "github.com/phuslu/log",
	cannot: map[string]string{
		"e": phusluNoContext, "f": phusluNoContext, "k": phusluNoContext, "l": phusluNoContext,
		"context-N": phusluNoContext,
	},
	notes:     []string{"keys are not unique", "asynchronous: up to 1,024 lines with one writev()"},
	newLogger: newPhuslu,
	newAsync:  openPhusluAsync,
}

func init() {
	log.MessageKey = "event"
}

type phusluLogger struct{ root log.Logger }

func newPhuslu(out io.Writer) logger {
	writer, isOwn := out.(log.Writer)
	if !isOwn {
		writer = log.IOWriter{Writer: out}
	}
	return phusluLogger{log.Logger{
		Level: log.InfoLevel, TimeField: "timestamp", TimeFormat: timeLayout, TimeLocation: time.UTC, Writer: writer,
	}}
}

// with is a copy of the logger that has the fields.
func (p phusluLogger) with(fields *log.Entry) log.Logger {
	bound := p.root
	bound.Context = fields.Value()
	return bound
}

func (p phusluLogger) lines(wanted scenario) func(count int) {
	switch wanted.kind {
	case "a":
		return phusluPlain(p.root)
	case "b":
		return phusluPlain(p.with(phusluTen(log.NewContext(nil))))
	case "c":
		return p.atCall
	case "d":
		return phusluThree(p.with(phusluTen(log.NewContext(nil))))
	case "g":
		return phusluOverriding(p.with(phusluTen(log.NewContext(nil))))
	case "h":
		return p.mixed
	case "i":
		return p.disabled
	case "j":
		return p.bind
	case "bound":
		return phusluPlain(p.with(phusluNumbered(log.NewContext(nil), numberedFields(wanted.n))))
	default:
		return p.long(wanted.payload())
	}
}

// -- fields --

func phusluFive(entry *log.Entry) *log.Entry {
	return entry.Str("request_id", ten.requestID).Str("method", ten.method).Str("path", ten.path).
		Str("client", ten.client).Int("user_id", ten.userID)
}

func phusluTen(entry *log.Entry) *log.Entry {
	return phusluFive(entry).Str("tenant", ten.tenant).Int("attempt", ten.attempt).Bool("cached", ten.cached).
		Float64("ratio", ten.ratio).Str("region", ten.region)
}

func phusluNumbered(entry *log.Entry, fields []numbered) *log.Entry {
	for _, field := range fields {
		if field.isText {
			entry.Str(field.key, field.text)
		} else {
			entry.Int(field.key, field.number)
		}
	}
	return entry
}

// -- lines --

func phusluPlain(bound log.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.Info().Msg(message)
		}
	}
}

func phusluThree(bound log.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.Info().Int("status", three.status).Int("bytes", three.bytes).
				Float64("duration_ms", three.durationMS).Msg(message)
		}
	}
}

func phusluOverriding(bound log.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.Info().Int("status", three.status).Int("bytes", three.bytes).
				Float64("duration_ms", three.durationMS).Int("attempt", secondAttempt).Msg(message)
		}
	}
}

func (p phusluLogger) atCall(count int) {
	for range count {
		phusluTen(p.root.Info()).Msg(message)
	}
}

func (p phusluLogger) long(payload string) func(count int) {
	return func(count int) {
		for range count {
			p.root.Info().Str("payload", payload).Msg(message)
		}
	}
}

func (p phusluLogger) disabled(count int) {
	for range count {
		if entry := p.root.Debug(); entry.Enabled() {
			phusluTen(entry).Msg(message)
		}
	}
}

func (p phusluLogger) bind(count int) {
	var bound log.Logger
	for range count {
		bound = p.with(phusluFive(log.NewContext(nil)))
	}
	runtime.KeepAlive(bound)
}

// -- mixed --

type phusluUser user

func (u *phusluUser) MarshalObject(entry *log.Entry) {
	entry.Str("name", u.name).Str("email", u.email).TimeFormat("created_at", timeLayout, u.createdAt)
}

// phusluUsers are pointers because Objects() would copy each user that is none.
func phusluUsers() []*phusluUser {
	users := []*phusluUser{}
	for i := range mixed.users {
		users = append(users, (*phusluUser)(&mixed.users[i]))
	}
	return users
}

func (p phusluLogger) mixed(count int) {
	users := phusluUsers()
	for range count {
		p.root.Info().Int("int", mixed.number).Ints("ints", mixed.numbers).Str("string", mixed.text).
			Strs("strings", mixed.texts).TimeFormat("time", timeLayout, mixed.time).
			TimesFormat("times", timeLayout, mixed.times).Object("user1", (*phusluUser)(&mixed.user1)).
			Object("user2", (*phusluUser)(&mixed.user2)).Objects("users", users).Err(mixed.err).Msg(message)
	}
}

// -- asynchronous --

// phusluQueue is the length that phuslu/log's documentation shows.
const phusluQueue = 4096

// phusluAsync counts the lines that were refused.
type phusluAsync struct {
	*log.AsyncWriter
	folder  string
	refused atomic.Uint64
}

func (p *phusluAsync) WriteEntry(entry *log.Entry) (int, error) {
	n, err := p.AsyncWriter.WriteEntry(entry)
	if errors.Is(err, log.ErrAsyncWriterFull) {
		p.refused.Add(1)
	}
	return n, err
}

func (p *phusluAsync) Close() error {
	err := p.AsyncWriter.Close()
	os.RemoveAll(p.folder)
	return err
}

func (p *phusluAsync) dropped() uint64 { return p.refused.Load() }

func openPhusluAsync(path string, queue asyncQueue) (asyncOutput, error) {
	folder, err := os.MkdirTemp(filepath.Dir(path), "phuslu-")
	if err != nil {
		return nil, err
	}
	file, err := phusluFile(folder, path)
	if err != nil {
		return nil, err
	}
	writer := &log.AsyncWriter{Writer: file, ChannelSize: phusluQueue, DiscardOnFull: queue.drops}
	if queue.drops {
		writer.ChannelSize = overloadLines
	}
	return &phusluAsync{AsyncWriter: writer, folder: folder}, nil
}

// phusluFile is the FileWriter that the AsyncWriter is fast with. It puts the time and the process's number into the
// name of its file, and deletes what has the name without them. So it is given a name in a folder of its own, and finds
// there a link to the file that is wanted.
func phusluFile(folder, path string) (*log.FileWriter, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.Symlink(absolute, fmt.Sprintf("%s/lines.link.%d", folder, os.Getpid())); err != nil {
		return nil, err
	}
	return &log.FileWriter{
		Filename: filepath.Join(folder, "lines"), TimeFormat: "link", ProcessID: true,
		Cleaner: func(string, int, []os.FileInfo) {},
	}, nil
}
