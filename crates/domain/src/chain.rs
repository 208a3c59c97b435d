use std::collections::BTreeMap;

use aws_lc_rs::rand;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Digest, Event, LetterId, Sensitive};

/// What stands for the previous event of the first one: 32 zero bytes.
pub const CHAIN_START: Digest = Digest::from_bytes([0; 32]);

const TAG: &[u8] = b"utpost-event-1";

/// The hash of one event, bound to the event before it, to its letter, to its place in the chain
/// and to its personal fields by their salted digests only.
///
/// The format is frozen. It is the SHA-256 of these parts, each with its length in front (8 bytes,
/// most significant first):
///
/// 1. the ASCII text `utpost-event-1`
/// 2. `previous`, 32 bytes
/// 3. the letter's UUID, 16 bytes
/// 4. `position`, 8 bytes, most significant first
/// 5. the event's JSON form in this encoding: null `n`; booleans `t`, `f`; a number `i` and its
///    decimal text with length; text `s` and its UTF-8 bytes with length; a list `a`, the count of
///    its items in 8 bytes, and the items; an object `o`, the count of its members in 8 bytes, and
///    for each, in the byte order of the names, the name with length and the value
/// 6. for each personal field, in the byte order of the names: the name, then its digest, 32 bytes
///
/// # Errors
/// [`Unencodable`] cannot come for an event of this crate; it is there so that a broken
/// serialisation could never be hashed in silence.
pub fn hash_event(
    previous: &Digest,
    letter: LetterId,
    position: u64,
    event: &Event,
    personal: &FieldDigests,
) -> Result<Digest, Unencodable> {
    let event = serde_json::to_value(event).map_err(Unencodable)?;
    let mut body = Vec::new();
    encode(&event, &mut body);

    let mut bytes = Vec::new();
    push(&mut bytes, TAG);
    push(&mut bytes, previous.as_bytes());
    push(&mut bytes, letter.as_bytes());
    push(&mut bytes, &position.to_be_bytes());
    push(&mut bytes, &body);
    for (name, digest) in &personal.0 {
        push(&mut bytes, name.as_bytes());
        push(&mut bytes, digest.as_bytes());
    }
    Ok(Digest::of(&bytes))
}

/// The personal values that belong to one event: titles, names, numbers, addresses, free text of
/// others. Kept beside the event, bound to it by salted digests, and removable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonalFields(BTreeMap<String, Sensitive<String>>);

impl PersonalFields {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a value under a name that itself says nothing of the person.
    pub fn insert(&mut self, name: impl Into<String>, value: Sensitive<String>) {
        self.0.insert(name.into(), value);
    }

    /// The value under this name.
    pub fn value(&self, name: &str) -> Option<&Sensitive<String>> {
        self.0.get(name)
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Sensitive<String>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the event's hash covers of them: SHA-256 over salt and value.
    pub fn digests(&self, salt: &Salt) -> FieldDigests {
        let digest = |value: &Sensitive<String>| {
            let mut bytes = salt.0.expose("field digest").to_vec();
            bytes.extend_from_slice(value.expose("field digest").as_bytes());
            Digest::of(Sensitive::new(bytes).expose("field digest"))
        };
        FieldDigests(
            self.0
                .iter()
                .map(|(name, value)| (name.clone(), digest(value)))
                .collect(),
        )
    }
}

impl FromIterator<(String, Sensitive<String>)> for PersonalFields {
    fn from_iter<I: IntoIterator<Item = (String, Sensitive<String>)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// The salted digests of an event's personal fields by name; kept when salt and values are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldDigests(BTreeMap<String, Digest>);

/// The secret salt of one letter. Without it nobody can guess a value back from its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salt(Sensitive<[u8; 32]>);

impl Salt {
    /// A new random one.
    pub fn generate() -> Result<Self, RandomnessFault> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|_| RandomnessFault)?;
        Ok(Self::from_bytes(bytes))
    }

    /// One kept before.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Sensitive::new(bytes))
    }

    /// The bytes, for keeping.
    pub fn expose(&self, reason: &'static str) -> &[u8; 32] {
        self.0.expose(reason)
    }
}

/// The system gives no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct RandomnessFault;

/// An event that has no JSON form.
#[derive(Debug, thiserror::Error)]
#[error("event cannot be serialised")]
pub struct Unencodable(#[source] serde_json::Error);

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(b'n'),
        Value::Bool(true) => out.push(b't'),
        Value::Bool(false) => out.push(b'f'),
        Value::Number(number) => {
            out.push(b'i');
            push(out, number.to_string().as_bytes());
        }
        Value::String(text) => {
            out.push(b's');
            push(out, text.as_bytes());
        }
        Value::Array(items) => {
            out.push(b'a');
            out.extend_from_slice(&(items.len() as u64).to_be_bytes());
            items.iter().for_each(|item| encode(item, out));
        }
        Value::Object(members) => {
            out.push(b'o');
            out.extend_from_slice(&(members.len() as u64).to_be_bytes());
            for (name, value) in members.iter().collect::<BTreeMap<_, _>>() {
                push(out, name.as_bytes());
                encode(value, out);
            }
        }
    }
}

fn push(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&(part.len() as u64).to_be_bytes());
    out.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTORY: &str = include_str!("../golden/digital.jsonl");

    #[test]
    fn the_chain_of_a_history_is_the_one_computed_by_other_means() {
        // By golden/chain.py, with Python's hashlib and json.
        let expected = "ce6c5fde8ed7e9c124bbe8fec0e62fa89e98f37b2068a4319512a43e1d41a11d";
        assert_eq!(chain(HISTORY, &title().digests(&salt())).hex(), expected);
    }

    #[test]
    fn any_change_to_an_event_its_place_or_its_fields_changes_the_hash() {
        let fields = title().digests(&salt());
        let event = first_event();
        let hash = |previous: &Digest, letter, position, event: &Event, fields: &FieldDigests| {
            hash_event(previous, letter, position, event, fields).unwrap()
        };
        let original = hash(&CHAIN_START, letter(), 0, &event, &fields);

        let mut later = event.clone();
        later.at = later
            .at
            .checked_add(jiff::SignedDuration::from_nanos(1))
            .unwrap();
        let mut other = PersonalFields::new();
        other.insert("title", Sensitive::new("Vedtak om stotte".into()));
        let salted = title().digests(&Salt::from_bytes([7; 32]));
        for changed in [
            hash(&Digest::of(b""), letter(), 0, &event, &fields),
            hash(&CHAIN_START, LetterId::generate(), 0, &event, &fields),
            hash(&CHAIN_START, letter(), 1, &event, &fields),
            hash(&CHAIN_START, letter(), 0, &later, &fields),
            hash(&CHAIN_START, letter(), 0, &event, &other.digests(&salt())),
            hash(&CHAIN_START, letter(), 0, &event, &salted),
            hash(&CHAIN_START, letter(), 0, &event, &FieldDigests::default()),
        ] {
            assert_ne!(changed, original);
        }
    }

    #[test]
    fn the_chain_verifies_when_salt_and_values_are_gone() {
        let before = chain(HISTORY, &title().digests(&salt()));
        let kept = serde_json::to_string(&title().digests(&salt())).unwrap();
        assert!(!kept.contains("Vedtak"));
        let digests: FieldDigests = serde_json::from_str(&kept).unwrap();
        assert_eq!(chain(HISTORY, &digests), before);
    }

    #[test]
    fn personal_fields_print_nothing_and_salts_differ() {
        assert!(!format!("{:?} {:?}", title(), salt()).contains("Vedtak"));
        assert_eq!(
            title().value("title").unwrap().expose("test"),
            "Vedtak om støtte"
        );
        assert_ne!(Salt::generate().unwrap(), Salt::generate().unwrap());
    }

    fn chain(history: &str, first_fields: &FieldDigests) -> Digest {
        let none = FieldDigests::default();
        (0..)
            .zip(history.lines())
            .fold(CHAIN_START, |previous, (position, line)| {
                let event = serde_json::from_str(line).unwrap();
                let fields = if position == 0 { first_fields } else { &none };
                hash_event(&previous, letter(), position, &event, fields).unwrap()
            })
    }

    fn first_event() -> Event {
        serde_json::from_str(HISTORY.lines().next().unwrap()).unwrap()
    }

    fn letter() -> LetterId {
        LetterId::parse("7d1c6b1e-0000-4000-8000-000000000007").unwrap()
    }

    fn salt() -> Salt {
        Salt::from_bytes(std::array::from_fn(|at| at as u8))
    }

    fn title() -> PersonalFields {
        let mut fields = PersonalFields::new();
        fields.insert("title", Sensitive::new("Vedtak om støtte".into()));
        fields
    }
}
