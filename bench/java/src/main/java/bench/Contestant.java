package bench;

import java.util.List;

interface Contestant {
    String name();

    /** Asked of the library. */
    String version();

    List<String> notes();

    Session begin(Job job);
}
