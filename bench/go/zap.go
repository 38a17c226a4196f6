package main

import (
	"io"
	"os"
	"runtime"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const zapNoContext = "no context variables"

var zapContestant = contestant{
	name:   "zap",
	module: "go.uber.org/zap",
	cannot: map[string]string{
		"e": zapNoContext, "f": zapNoContext, "k": zapNoContext, "l": zapNoContext, "context-N": zapNoContext,
	},
	notes: []string{
		"keys are not unique",
		"asynchronous: a buffer of 256 KiB, which the thread that fills it writes out",
	},
	newLogger: newZap,
	newAsync:  openBuffered,
}

// utcClock spares the encoder the conversion of each time.
type utcClock struct{}

func (utcClock) Now() time.Time                                { return time.Now().UTC() }
func (utcClock) NewTicker(duration time.Duration) *time.Ticker { return time.NewTicker(duration) }

type zapLogger struct{ root *zap.Logger }

func newZap(out io.Writer) logger {
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey:     "timestamp",
		LevelKey:    "level",
		MessageKey:  "event",
		EncodeTime:  zapcore.TimeEncoderOfLayout(timeLayout),
		EncodeLevel: zapcore.LowercaseLevelEncoder,
	})
	core := zapcore.NewCore(encoder, zapcore.AddSync(out), zapcore.InfoLevel)
	return zapLogger{zap.New(core, zap.WithClock(utcClock{}))}
}

func (z zapLogger) lines(wanted scenario) func(count int) {
	switch wanted.kind {
	case "a":
		return zapPlain(z.root)
	case "b":
		return zapPlain(z.root.With(zapTen()...))
	case "c":
		return z.atCall(zapcore.InfoLevel)
	case "d":
		return zapThree(z.root.With(zapTen()...))
	case "g":
		return zapOverriding(z.root.With(zapTen()...))
	case "h":
		return z.mixed
	case "i":
		return z.atCall(zapcore.DebugLevel)
	case "j":
		return z.bind
	case "bound":
		return zapPlain(z.root.With(zapNumbered(numberedFields(wanted.n))...))
	default:
		return z.long(wanted.payload())
	}
}

// -- fields --

func zapTen() []zap.Field {
	return []zap.Field{
		zap.String("request_id", ten.requestID), zap.String("method", ten.method), zap.String("path", ten.path),
		zap.String("client", ten.client), zap.Int("user_id", ten.userID), zap.String("tenant", ten.tenant),
		zap.Int("attempt", ten.attempt), zap.Bool("cached", ten.cached), zap.Float64("ratio", ten.ratio),
		zap.String("region", ten.region),
	}
}

func zapNumbered(numbered []numbered) []zap.Field {
	fields := []zap.Field{}
	for _, field := range numbered {
		if field.isText {
			fields = append(fields, zap.String(field.key, field.text))
		} else {
			fields = append(fields, zap.Int(field.key, field.number))
		}
	}
	return fields
}

// -- lines --

func zapPlain(bound *zap.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.Info(message)
		}
	}
}

func zapThree(bound *zap.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.Info(message, zap.Int("status", three.status), zap.Int("bytes", three.bytes),
				zap.Float64("duration_ms", three.durationMS))
		}
	}
}

func zapOverriding(bound *zap.Logger) func(count int) {
	return func(count int) {
		for range count {
			bound.Info(message, zap.Int("status", three.status), zap.Int("bytes", three.bytes),
				zap.Float64("duration_ms", three.durationMS), zap.Int("attempt", secondAttempt))
		}
	}
}

// atCall makes fields only where Check says that the level is on.
func (z zapLogger) atCall(level zapcore.Level) func(count int) {
	return func(count int) {
		for range count {
			if entry := z.root.Check(level, message); entry != nil {
				entry.Write(zapTen()...)
			}
		}
	}
}

func (z zapLogger) long(payload string) func(count int) {
	return func(count int) {
		for range count {
			z.root.Info(message, zap.String("payload", payload))
		}
	}
}

func (z zapLogger) bind(count int) {
	var bound *zap.Logger
	for range count {
		bound = z.root.With(zap.String("request_id", ten.requestID), zap.String("method", ten.method),
			zap.String("path", ten.path), zap.String("client", ten.client), zap.Int("user_id", ten.userID))
	}
	runtime.KeepAlive(bound)
}

// -- mixed --

type zapUser user

func (u *zapUser) MarshalLogObject(encoder zapcore.ObjectEncoder) error {
	encoder.AddString("name", u.name)
	encoder.AddString("email", u.email)
	encoder.AddTime("created_at", u.createdAt)
	return nil
}

type zapUsers []user

func (u zapUsers) MarshalLogArray(encoder zapcore.ArrayEncoder) error {
	for i := range u {
		if err := encoder.AppendObject((*zapUser)(&u[i])); err != nil {
			return err
		}
	}
	return nil
}

func (z zapLogger) mixed(count int) {
	for range count {
		z.root.Info(message, zap.Int("int", mixed.number), zap.Ints("ints", mixed.numbers),
			zap.String("string", mixed.text), zap.Strings("strings", mixed.texts), zap.Time("time", mixed.time),
			zap.Times("times", mixed.times), zap.Object("user1", (*zapUser)(&mixed.user1)),
			zap.Object("user2", (*zapUser)(&mixed.user2)), zap.Array("users", zapUsers(mixed.users)),
			zap.Error(mixed.err))
	}
}

// -- asynchronous --

// unsynced keeps the buffer's end from waiting for the disk, which no other contestant does.
type unsynced struct{ *os.File }

func (unsynced) Sync() error { return nil }

type bufferedOutput struct {
	*zapcore.BufferedWriteSyncer
	file *os.File
}

func (b bufferedOutput) Close() error {
	if err := b.Stop(); err != nil {
		return err
	}
	return b.file.Close()
}

func (bufferedOutput) dropped() uint64 { return 0 }

// openBuffered makes the same for all uses: a buffer of 256 KiB is what zap has, and dropping is what it has not.
func openBuffered(path string, _ asyncQueue) (asyncOutput, error) {
	file, err := openToAppend(path)
	if err != nil {
		return nil, err
	}
	return bufferedOutput{&zapcore.BufferedWriteSyncer{WS: unsynced{file}}, file}, nil
}
