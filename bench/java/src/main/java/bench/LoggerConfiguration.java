package bench;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.FileAppender;
import org.apache.logging.log4j.core.config.AbstractConfiguration;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.layout.template.json.JsonTemplateLayout;
import org.apache.logging.log4j.layout.template.json.JsonTemplateLayoutDefaults;

/** Log4j's configuration for one job. */
final class LoggerConfiguration extends AbstractConfiguration {
    private static final int BUFFER_SIZE = 256 * 1024; // that a line is written at once, also where it is long
    private static final String EVENT_OF_MESSAGE = "\"event\": {\"$resolver\": \"message\", \"stringified\": true}";
    private static final String EVENT_AND_FIELDS = "\"message\": {\"$resolver\": \"map\", \"flatten\": true}";
    private static final String TEMPLATE = """
            {
              "timestamp": {
                "$resolver": "timestamp",
                "pattern": {"format": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", "timeZone": "UTC", "locale": "en_US"}
              },
              "level": {"$resolver": "level", "field": "name"},
              "context": {"$resolver": "mdc", "flatten": true},
              %s
            }""";

    private final Job job;
    private final boolean fieldsAtTheCall;
    private CountingAppender counting;

    LoggerConfiguration(final LoggerContext context, final Job job, final boolean fieldsAtTheCall) {
        super(context, ConfigurationSource.NULL_SOURCE);
        this.job = job;
        this.fieldsAtTheCall = fieldsAtTheCall;
        isShutdownHookEnabled = false;
    }

    @Override
    protected void doConfigure() {
        final Appender appender = newAppender();
        appender.start();
        addAppender(appender);
        getRootLogger().addAppender(appender, null, null);
        getRootLogger().setLevel(Level.INFO);
    }

    private Appender newAppender() {
        final JsonTemplateLayout layout = newLayout();
        if (job.sink() == Job.Sink.DISCARD) {
            counting = new CountingAppender(layout);
            return counting;
        }
        final String path = job.sink() == Job.Sink.NULL ? "/dev/null" : job.path();
        checkWritable(path);
        // An asynchronous logger flushes at the end of a batch.
        return FileAppender.newBuilder()
                .setName("file")
                .setLayout(layout)
                .setFileName(path)
                .setAppend(true)
                .setBufferSize(BUFFER_SIZE)
                .setImmediateFlush(!job.sink().isAsynchronous())
                .setIgnoreExceptions(false)
                .setConfiguration(this)
                .build();
    }

    private JsonTemplateLayout newLayout() {
        return JsonTemplateLayout.newBuilder()
                .setConfiguration(this)
                .setEventTemplate(TEMPLATE.formatted(fieldsAtTheCall ? EVENT_AND_FIELDS : EVENT_OF_MESSAGE))
                .setMaxStringLength(Math.max(JsonTemplateLayoutDefaults.getMaxStringLength(), job.number()))
                .build();
    }

    /** Log4j says only in its status log that it could not open a file. */
    private static void checkWritable(final String path) {
        try {
            new FileOutputStream(path, true).close();
        } catch (final IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    long countedBytes() {
        return counting == null ? 0 : counting.bytes();
    }
}
