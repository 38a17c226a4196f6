# The front door. Builds are Meson's; each target first sees to what it needs (tools/setup), and says so.

PREFIX ?= /usr/local
QUILL ?=

.PHONY: help demo check check-all conformance bench bench-quick format lint install clean

help:
	@echo "make demo         two real HTTP services that log, in C and in Python, under load, and a check of every line"
	@echo "make check        the tests: some four minutes on two cores"
	@echo "make check-all    and with sanitizers, valgrind, clang, musl, -O0, -O3, fuzzers, linters, at full scale;"
	@echo "                  structlog's, logust's and loguru's own suites, 100,000 random programs beside structlog, mypy"
	@echo "make conformance  structlog's, logust's and loguru's own test suites, with Cleat in their place"
	@echo "make bench        what a line costs, beside other loggers: a quarter of an hour (bench-quick: two minutes);"
	@echo "                  QUILL=FOLDER, the one that has quill/Logger.h, takes Quill in"
	@echo "make format lint  clang-format; clang-format, clang-tidy, cppcheck, shellcheck, the rooms"
	@echo "make install      to PREFIX=$(PREFIX), below DESTDIR if that is set"
	@echo "make clean        removes what was built"

demo:
	@tools/setup build python demo
	@tools/build build-demo -Dbuildtype=release -Dexamples=enabled -Dtests=disabled
	@tools/build-python
	@examples/http-service/run-demo build-demo
	@.venv/bin/python3 examples/python-service/run-demo

check:
	@tools/setup build check python
	@tools/check

check-all:
	@tools/setup build check python demo bench lint all
	@tools/check --all

conformance:
	@tools/setup build python
	@tools/check conformance conformance-logust conformance-loguru

bench bench-quick:
	@tools/setup build bench
	@tools/build build-bench -Dbuildtype=release -Dbench=true -Dtests=disabled -Dexamples=disabled \
		$(if $(QUILL),-Dquill_include=$(abspath $(QUILL)))
	@bench/run build-bench $(if $(filter bench-quick,$@),--quick); native=$$?; \
	bench/run-python build-bench $(if $(filter bench-quick,$@),--quick) && exit $$native

format:
	@tools/setup format
	@tools/format

lint:
	@tools/setup build check lint
	@tools/lint

install:
	@tools/setup build
	@tools/build build-install -Dbuildtype=release -Dtests=disabled -Dexamples=disabled --prefix=$(PREFIX)
	@meson install -C build-install --no-rebuild $(if $(DESTDIR),--destdir $(DESTDIR))

clean:
	rm -rf build build-*
