package main

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"time"
)

const slogNoContext = "no context variables: no handler of the library reads the context.Context"

var slogContestant = contestant{
	name: "slog",
	cannot: map[string]string{
		"e": slogNoContext, "f": slogNoContext, "k": slogNoContext, "l": slogNoContext, "context-N": slogNoContext,
		"async": "no asynchronous handler",
	},
	notes: []string{
		"keys are not unique",
		"six digits of a second: a handler of the benchmark around the library's, which is faster than ReplaceAttr",
	},
	newLogger: newSlog,
}

var noContext = context.Background()

// sixDigits is a handler that writes the time as the benchmark wants it: JSONHandler leaves out zeros at the end.
type sixDigits struct{ slog.Handler }

func (s sixDigits) Handle(ctx context.Context, record slog.Record) error {
	var text [len(timeLayout)]byte
	timestamp := string(record.Time.UTC().AppendFormat(text[:0], timeLayout))
	record.Time = time.Time{}
	record.AddAttrs(slog.String("timestamp", timestamp))
	return s.Handler.Handle(ctx, record)
}

func (s sixDigits) WithAttrs(attrs []slog.Attr) slog.Handler {
	return sixDigits{s.Handler.WithAttrs(attrs)}
}

func (s sixDigits) WithGroup(name string) slog.Handler {
	return sixDigits{s.Handler.WithGroup(name)}
}

type slogLogger struct{ root *slog.Logger }

func newSlog(out io.Writer) logger {
	return slogLogger{slog.New(sixDigits{slog.NewJSONHandler(out, nil)})}
}

func (s slogLogger) with(attrs []slog.Attr) *slog.Logger {
	return slog.New(s.root.Handler().WithAttrs(attrs))
}

func (s slogLogger) lines(wanted scenario) func(count int) {
	switch wanted.kind {
	case "a":
		return slogPlain(s.root)
	case "b":
		return slogPlain(s.with(slogTen()))
	case "c":
		return s.atCall(slog.LevelInfo)
	case "d":
		return slogThree(s.with(slogTen()))
	case "g":
		return slogOverriding(s.with(slogTen()))
	case "h":
		return s.mixed
	case "i":
		return s.atCall(slog.LevelDebug)
	case "j":
		return s.bind
	case "bound":
		return slogPlain(s.with(slogNumbered(numberedFields(wanted.n))))
	default:
		return s.long(wanted.payload())
	}
}

// -- fields --

func slogTen() []slog.Attr {
	return []slog.Attr{
		slog.String("request_id", ten.requestID), slog.String("method", ten.method), slog.String("path", ten.path),
		slog.String("client", ten.client), slog.Int("user_id", ten.userID), slog.String("tenant", ten.tenant),
		slog.Int("attempt", ten.attempt), slog.Bool("cached", ten.cached), slog.Float64("ratio", ten.ratio),
		slog.String("region", ten.region),
	}
}

func slogNumbered(numbered []numbered) []slog.Attr {
	attrs := []slog.Attr{}
	for _, field := range numbered {
		if field.isText {
			attrs = append(attrs, slog.String(field.key, field.text))
		} else {
			attrs = append(attrs, slog.Int(field.key, field.number))
		}
	}
	return attrs
}

// -- lines --

func slogPlain(bound *slog.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.LogAttrs(noContext, slog.LevelInfo, message)
		}
	}
}

func slogThree(bound *slog.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.LogAttrs(noContext, slog.LevelInfo, message, slog.Int("status", three.status),
				slog.Int("bytes", three.bytes), slog.Float64("duration_ms", three.durationMS))
		}
	}
}

func slogOverriding(bound *slog.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.LogAttrs(noContext, slog.LevelInfo, message, slog.Int("status", three.status),
				slog.Int("bytes", three.bytes), slog.Float64("duration_ms", three.durationMS),
				slog.Int("attempt", secondAttempt))
		}
	}
}

// atCall lists the ten once more: in the call they need no memory, made by slogTen() they would.
func (s slogLogger) atCall(level slog.Level) func(count int) {
	return func(count int) {
		for range count {
			if !s.root.Enabled(noContext, level) {
				continue
			}
			s.root.LogAttrs(noContext, level, message,
				slog.String("request_id", ten.requestID), slog.String("method", ten.method),
				slog.String("path", ten.path), slog.String("client", ten.client), slog.Int("user_id", ten.userID),
				slog.String("tenant", ten.tenant), slog.Int("attempt", ten.attempt), slog.Bool("cached", ten.cached),
				slog.Float64("ratio", ten.ratio), slog.String("region", ten.region))
		}
	}
}

func (s slogLogger) long(payload string) func(count int) {
	return func(count int) {
		for range count {
			s.root.LogAttrs(noContext, slog.LevelInfo, message, slog.String("payload", payload))
		}
	}
}

func (s slogLogger) bind(count int) {
	var bound *slog.Logger
	for range count {
		bound = s.with([]slog.Attr{
			slog.String("request_id", ten.requestID), slog.String("method", ten.method), slog.String("path", ten.path),
			slog.String("client", ten.client), slog.Int("user_id", ten.userID),
		})
	}
	runtime.KeepAlive(bound)
}

// -- mixed: lists of what the library does not know go through encoding/json --

type slogTime time.Time

func (t slogTime) MarshalJSON() ([]byte, error) {
	text := make([]byte, 0, len(timeLayout)+2)
	text = append(text, '"')
	text = time.Time(t).AppendFormat(text, timeLayout)
	return append(text, '"'), nil
}

func slogTimes() []slogTime {
	times := []slogTime{}
	for _, one := range mixed.times {
		times = append(times, slogTime(one))
	}
	return times
}

type slogUser struct {
	Name      string   `json:"name"`
	Email     string   `json:"email"`
	CreatedAt slogTime `json:"created_at"`
}

func slogUsers() []slogUser {
	users := []slogUser{}
	for _, one := range mixed.users {
		users = append(users, slogUser{one.name, one.email, slogTime(one.createdAt)})
	}
	return users
}

func slogGroup(key string, one *user) slog.Attr {
	return slog.Attr{Key: key, Value: slog.GroupValue(slog.String("name", one.name), slog.String("email", one.email),
		slog.String("created_at", one.createdAt.Format(timeLayout)))}
}

func (s slogLogger) mixed(count int) {
	times, users := slogTimes(), slogUsers()
	for range count {
		s.root.LogAttrs(noContext, slog.LevelInfo, message, slog.Int("int", mixed.number),
			slog.Any("ints", mixed.numbers), slog.String("string", mixed.text), slog.Any("strings", mixed.texts),
			slog.String("time", mixed.time.Format(timeLayout)), slog.Any("times", times),
			slogGroup("user1", &mixed.user1), slogGroup("user2", &mixed.user2), slog.Any("users", users),
			slog.Any("error", mixed.err))
	}
}
