package bench;

/** A job that is set up. All but enter(), leave() and close() is timed. */
interface Session extends AutoCloseable {
    /** Puts what is bound, and the context variables, into place on the calling thread. */
    void enter();

    void leave();

    /** Makes that many lines, or operations. */
    void make(long count);

    /** Scenario l: fills the slots with captures of the calling thread's context. */
    void capture(Object[] slots);

    /** Scenario l: on another thread, enters each capture, logs a line, leaves it. */
    void use(Object[] slots);

    /** Asynchronous sinks: waits until all lines are in the file. */
    void flush();

    /** What the discarding sink was given. */
    long bytes();

    /** How many lines the logger says that it dropped. */
    long dropped();

    @Override
    void close();
}
