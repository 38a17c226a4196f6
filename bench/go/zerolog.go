package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/diode"
)

var zerologContestant = contestant{
	name:   "zerolog",
	module: "github.com/rs/zerolog",
	cannot: map[string]string{},
	notes: []string{
		"keys are not unique",
		"context variables: a logger in a context.Context; what is bound in it is joined when a logger " +
			"is bound, not for each line",
		"asynchronous: the diode cannot wait, so its queue is as long as the run",
	},
	newLogger: newZerolog,
	newAsync:  openDiode,
}

func init() {
	zerolog.TimeFieldFormat = timeLayout
	zerolog.TimestampFunc = func() time.Time { return time.Now().UTC() }
	zerolog.TimestampFieldName = "timestamp"
	zerolog.MessageFieldName = "event"
}

type zerologLogger struct{ root zerolog.Logger }

func newZerolog(out io.Writer) logger {
	return zerologLogger{zerolog.New(out).Level(zerolog.InfoLevel).With().Timestamp().Logger()}
}

func (z zerologLogger) lines(wanted scenario) func(count int) {
	switch wanted.kind {
	case "a":
		return zerologPlain(z.root)
	case "b":
		return zerologPlain(zerologTen(z.root.With()).Logger())
	case "c":
		return z.atCall
	case "d":
		return zerologThree(zerologTen(z.root.With()).Logger())
	case "e", "f":
		return zerologThree(z.boundInContext(wanted))
	case "g":
		return zerologOverriding(zerologTen(z.root.With()).Logger())
	case "h":
		return z.mixed
	case "i":
		return z.disabled
	case "j":
		return z.bind
	case "k":
		return z.scopes
	case "l":
		return handOver(z.capture(), zerologUse)
	case "bound":
		return zerologPlain(zerologNumbered(z.root.With(), numberedFields(wanted.n)).Logger())
	case "context":
		return zerologPlainIn(zerologNumbered(z.root.With(), numberedFields(wanted.n)).Logger())
	default:
		return z.long(wanted.payload())
	}
}

// -- fields --

func zerologFive(bound zerolog.Context) zerolog.Context {
	return bound.Str("request_id", ten.requestID).Str("method", ten.method).Str("path", ten.path).
		Str("client", ten.client).Int("user_id", ten.userID)
}

func zerologTen(bound zerolog.Context) zerolog.Context {
	return zerologFive(bound).Str("tenant", ten.tenant).Int("attempt", ten.attempt).Bool("cached", ten.cached).
		Float64("ratio", ten.ratio).Str("region", ten.region)
}

func zerologContext5(bound zerolog.Context) zerolog.Context {
	return bound.Str("trace_id", context5.traceID).Str("span_id", context5.spanID).Str("session", context5.session).
		Str("locale", context5.locale).Int("shard", context5.shard)
}

func zerologNumbered(bound zerolog.Context, fields []numbered) zerolog.Context {
	for _, field := range fields {
		if field.isText {
			bound = bound.Str(field.key, field.text)
		} else {
			bound = bound.Int(field.key, field.number)
		}
	}
	return bound
}

func zerologTenAtCall(event *zerolog.Event) *zerolog.Event {
	return event.Str("request_id", ten.requestID).Str("method", ten.method).Str("path", ten.path).
		Str("client", ten.client).Int("user_id", ten.userID).Str("tenant", ten.tenant).Int("attempt", ten.attempt).
		Bool("cached", ten.cached).Float64("ratio", ten.ratio).Str("region", ten.region)
}

// -- lines --

func zerologPlain(bound zerolog.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.Info().Msg(message)
		}
	}
}

// zerologPlainIn gets the logger out of a context for each line.
func zerologPlainIn(bound zerolog.Logger) func(count int) {
	ctx := bound.WithContext(context.Background())
	return func(count int) {
		for range count {
			zerolog.Ctx(ctx).Info().Msg(message)
		}
	}
}

func zerologThree(bound zerolog.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.Info().Int("status", three.status).Int("bytes", three.bytes).
				Float64("duration_ms", three.durationMS).Msg(message)
		}
	}
}

func zerologOverriding(bound zerolog.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.Info().Int("status", three.status).Int("bytes", three.bytes).
				Float64("duration_ms", three.durationMS).Int("attempt", secondAttempt).Msg(message)
		}
	}
}

func (z zerologLogger) atCall(count int) {
	for range count {
		zerologTenAtCall(z.root.Info()).Msg(message)
	}
}

func (z zerologLogger) long(payload string) func(count int) {
	return func(count int) {
		for range count {
			z.root.Info().Str("payload", payload).Msg(message)
		}
	}
}

func (z zerologLogger) disabled(count int) {
	for range count {
		if event := z.root.Debug(); event.Enabled() {
			zerologTenAtCall(event).Msg(message)
		}
	}
}

func (z zerologLogger) bind(count int) {
	var bound zerolog.Logger
	for range count {
		bound = zerologFive(z.root.With()).Logger()
	}
	runtime.KeepAlive(bound)
}

// -- contexts --

func (z zerologLogger) boundInContext(wanted scenario) zerolog.Logger {
	inContext := zerologContext5(z.root.With())
	if wanted.kind == "f" {
		inContext = zerologNumbered(inContext, contextMore())
	}
	ctx := inContext.Logger().WithContext(context.Background())
	return zerologFive(zerolog.Ctx(ctx).With()).Logger()
}

func (z zerologLogger) scopes(count int) {
	outside := z.root.WithContext(context.Background())
	for range count {
		inside := zerologContext5(zerolog.Ctx(outside).With()).Logger().WithContext(outside)
		zerolog.Ctx(inside).Info().Msg(message)
	}
}

func (z zerologLogger) capture() func(batch []context.Context) {
	ctx := zerologContext5(z.root.With()).Logger().WithContext(context.Background())
	return func(batch []context.Context) {
		for i := range batch {
			batch[i] = ctx
		}
	}
}

func zerologUse(batch []context.Context) {
	for _, ctx := range batch {
		zerolog.Ctx(ctx).Info().Msg(message)
	}
}

// -- mixed --

type zerologUser user

func (u *zerologUser) MarshalZerologObject(event *zerolog.Event) {
	event.Str("name", u.name).Str("email", u.email).Time("created_at", u.createdAt)
}

type zerologUsers []user

func (u zerologUsers) MarshalZerologArray(array *zerolog.Array) {
	for i := range u {
		array.Object((*zerologUser)(&u[i]))
	}
}

func (z zerologLogger) mixed(count int) {
	for range count {
		z.root.Info().Int("int", mixed.number).Ints("ints", mixed.numbers).Str("string", mixed.text).
			Strs("strings", mixed.texts).Time("time", mixed.time).Times("times", mixed.times).
			Object("user1", (*zerologUser)(&mixed.user1)).Object("user2", (*zerologUser)(&mixed.user2)).
			Array("users", zerologUsers(mixed.users)).Err(mixed.err).Msg(message)
	}
}

// -- asynchronous --

// mostDiode is the longest queue that is made, so that memory does not run out.
const mostDiode = 4 << 20

// diodePause is how long the diode's reader sleeps when there is nothing to write.
const diodePause = time.Millisecond

type diodeOutput struct {
	diode.Writer
	missed *atomic.Uint64
}

func (d diodeOutput) dropped() uint64 { return d.missed.Load() }

func openDiode(path string, queue asyncQueue) (asyncOutput, error) {
	length := queue.calls
	if queue.drops {
		length = overloadLines
	} else if length > mostDiode {
		return nil, fmt.Errorf("a diode for %d lines would be too long, and a shorter one would drop some", length)
	}
	file, err := openToAppend(path)
	if err != nil {
		return nil, err
	}
	missed := &atomic.Uint64{}
	writer := diode.NewWriter(file, length, diodePause, func(lines int) { missed.Add(uint64(lines)) })
	return diodeOutput{writer, missed}, nil
}
