package bench;

/** What is to be run: number is the N of bound-N, context-N and length-N. */
record Job(String scenario, String kind, int number, Sink sink, int threads, String path) {
    enum Sink {
        DISCARD,
        NULL,
        FILE,
        ASYNC,
        /** Asynchronous, with a small queue, and dropping what does not fit. */
        OVERLOAD;

        boolean isAsynchronous() {
            return this == ASYNC || this == OVERLOAD;
        }

        boolean isFile() {
            return this != DISCARD && this != NULL;
        }
    }

    Job with(final Sink otherSink, final String otherPath) {
        return new Job(scenario, kind, number, otherSink, 1, otherPath);
    }

    boolean makesLines() {
        return !kind.equals("i") && !kind.equals("j");
    }

    boolean handsOver() {
        return kind.equals("l");
    }
}
