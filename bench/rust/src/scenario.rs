//! The names of the scenarios (bench/README.md).

pub const MOST_FIELDS: usize = 100;
const MOST_PAYLOAD: usize = 16 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    A,
    B,
    C,
    D,
    E,
    F,
    G,
    H,
    I,
    J,
    K,
    L,
    Bound(usize),
    Context(usize),
    Length(usize),
}

use Scenario::*;

const LETTERED: [(&str, Scenario); 12] = [
    ("a", A),
    ("b", B),
    ("c", C),
    ("d", D),
    ("e", E),
    ("f", F),
    ("g", G),
    ("h", H),
    ("i", I),
    ("j", J),
    ("k", K),
    ("l", L),
];

impl Scenario {
    pub fn parse(text: &str) -> Result<Scenario, String> {
        let lettered = LETTERED.iter().find(|(name, _)| *name == text).map(|(_, scenario)| *scenario);
        lettered.or_else(|| Scenario::parse_sized(text)).ok_or_else(|| {
            format!(
                "there is no scenario '{text}'; there are a to l, bound-N and context-N (N at most {MOST_FIELDS}), \
                 length-N (at most {MOST_PAYLOAD})"
            )
        })
    }

    fn parse_sized(text: &str) -> Option<Scenario> {
        let (kind, number) = text.split_once('-')?;
        let n: usize = number.parse().ok()?;
        match kind {
            "bound" if n <= MOST_FIELDS => Some(Bound(n)),
            "context" if n <= MOST_FIELDS => Some(Context(n)),
            "length" if n <= MOST_PAYLOAD => Some(Length(n)),
            _ => None,
        }
    }

    /// What a contestant that cannot do it calls it.
    pub fn family(self) -> &'static str {
        match self {
            Bound(_) => "bound-N",
            Context(_) => "context-N",
            Length(_) => "length-N",
            _ => LETTERED.iter().find(|(_, scenario)| *scenario == self).map_or("", |(name, _)| name),
        }
    }

    pub fn makes_lines(self) -> bool {
        !matches!(self, I | J)
    }

    /// The string of length-N.
    pub fn payload(self) -> String {
        "x".repeat(if let Length(n) = self { n } else { 0 })
    }
}
