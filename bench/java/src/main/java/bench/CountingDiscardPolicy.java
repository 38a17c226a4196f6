package bench;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.async.DiscardingAsyncQueueFullPolicy;

/** Log4j's own policy of dropping, which Log4j makes itself and keeps to itself: this one can be asked. */
public final class CountingDiscardPolicy extends DiscardingAsyncQueueFullPolicy {
    private static volatile CountingDiscardPolicy latest;

    public CountingDiscardPolicy() {
        super(Level.INFO);
        latest = this;
    }

    static long latestCount() {
        return getDiscardCount(latest);
    }
}
