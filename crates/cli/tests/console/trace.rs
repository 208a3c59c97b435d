//! Reads what `strace -f -y` writes, and judges the order of one send.

use std::collections::BTreeMap;

/// One system call. `begun` and `ended` count the lines of the trace.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    name: String,
    /// The file or socket behind its first argument, or its first path.
    target: String,
    /// Everything between the brackets.
    arguments: String,
    begun: usize,
    /// A call that was never seen to end has done nothing that counts.
    ended: Option<usize>,
    result: i64,
}

const WRITES: [&str; 6] = [
    "write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg",
];
const SYNCS: [&str; 2] = ["fsync", "fdatasync"];
const RENAMES: [&str; 3] = ["rename", "renameat", "renameat2"];

/// Every call of a trace. A line that is not understood is a fault: it might be the one that
/// matters.
pub(crate) fn read_trace(text: &str) -> Result<Vec<Call>, String> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: BTreeMap<u32, usize> = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let wrong = || format!("line {}: not understood: {line}", at + 1);
        let (thread, said) = line.split_once(' ').ok_or_else(wrong)?;
        let thread: u32 = thread.parse().map_err(|_| wrong())?;
        let said = said.trim_start();
        if said.starts_with("+++") || said.starts_with("---") {
            continue;
        }
        if let Some(resumed) = said.strip_prefix("<... ") {
            let begun = unfinished.remove(&thread).ok_or_else(wrong)?;
            let call = &mut calls[begun];
            let (name, rest) = resumed.split_once(" resumed>").ok_or_else(wrong)?;
            if name != call.name {
                return Err(wrong());
            }
            let (arguments, result) = split_result(rest).ok_or_else(wrong)?;
            call.arguments.push_str(arguments);
            call.result = result;
            call.ended = Some(at);
            continue;
        }
        let (name, rest) = said.split_once('(').ok_or_else(wrong)?;
        let (arguments, result, ended) = match rest.strip_suffix(" <unfinished ...>") {
            Some(arguments) => {
                unfinished.insert(thread, calls.len());
                (arguments, -1, None)
            }
            None => {
                let (arguments, result) = split_result(rest).ok_or_else(wrong)?;
                (arguments, result, Some(at))
            }
        };
        calls.push(Call {
            name: name.to_owned(),
            target: target(arguments).ok_or_else(wrong)?,
            arguments: arguments.to_owned(),
            begun: at,
            ended,
            result,
        });
    }
    Ok(calls)
}

/// `…) = 24`, `…) = -1 EINPROGRESS (…)`, and `?` when the program was gone before the end.
fn split_result(rest: &str) -> Option<(&str, i64)> {
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let number = result.split(' ').next()?;
    Some((arguments, number.parse().unwrap_or(-1)))
}

/// `6</a/b>` is `/a/b`, and so is `"/a/b"`.
fn target(arguments: &str) -> Option<String> {
    let digits = arguments.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if let Some(named) = digits.strip_prefix('<') {
        // A socket's name may hold an arrow; the descriptor ends before the next argument.
        let end = named.find(">,").or_else(|| named.rfind('>'))?;
        return Some(named[..end].to_owned());
    }
    quoted(arguments).into_iter().next()
}

/// The texts between quotation marks, as they stand.
fn quoted(arguments: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut text: Option<String> = None;
    let mut escaped = false;
    for letter in arguments.chars() {
        match (&mut text, letter) {
            (Some(open), _) if escaped => {
                open.push(letter);
                escaped = false;
            }
            (Some(open), '\\') => {
                open.push(letter);
                escaped = true;
            }
            (Some(_), '"') => texts.extend(text.take()),
            (Some(open), _) => open.push(letter),
            (None, '"') => text = Some(String::new()),
            (None, _) => {}
        }
    }
    texts
}

/// The bytes of a text as strace writes it (the escapes of C).
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut letters = text.bytes().peekable();
    while let Some(letter) = letters.next() {
        if letter != b'\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    match letters.next_if(|next| (b'0'..=b'7').contains(next)) {
                        Some(next) => value = value * 8 + u32::from(next - b'0'),
                        None => break,
                    }
                }
                out.push(u8::try_from(value).unwrap());
            }
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(b'v') => out.push(0x0b),
            Some(b'f') => out.push(0x0c),
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

impl Call {
    fn done(&self) -> bool {
        self.ended.is_some() && self.result >= 0
    }

    fn is(&self, names: &[&str], target: &str) -> bool {
        names.contains(&self.name.as_str()) && self.target == target
    }

    /// The head of a frame of SQLite's write-ahead log that ends a transaction: 24 bytes, and the
    /// second number, the size of the database after the commit, is not 0
    /// (sqlite.org/fileformat2.html, section 4.1).
    fn commits(&self, log: &str) -> bool {
        let head = || quoted(&self.arguments).first().map(|text| bytes(text));
        self.is(&["pwrite64"], log)
            && self.result == 24
            && head().is_some_and(|head| head.len() == 24 && head[4..8] != [0; 4])
    }
}

/// Judges the calls of one send: parcel written, synced, renamed, its folder synced; the row
/// committed and synced; the attempt committed and synced; and only then the connection over which
/// the parcel leaves. At that moment nothing in the ledger's folder is written and unsynced. Gives
/// the parcel's path.
pub(crate) fn order_of_one_send(
    calls: &[Call],
    ledger: &str,
    parcel_bytes: u64,
) -> Result<String, String> {
    let connect = upload(calls, parcel_bytes)?;
    let (parcel, written_from, parcel_synced) = parcel(calls, ledger, parcel_bytes)?;
    if parcel_synced > connect.begun {
        return Err("the upload connects before the parcel is synced".into());
    }

    // The row names the parcel's digest, which nobody knows before the parcel is written.
    let log = format!("{ledger}/ledger.db-wal");
    let early =
        |call: &&Call| call.commits(&log) && (written_from..parcel_synced).contains(&call.begun);
    if calls.iter().any(|call| early(&call)) {
        return Err("the ledger commits while the parcel is not yet synced".into());
    }
    let row = commit_after(calls, &log, parcel_synced).ok_or("no row is committed and synced")?;
    let attempt = commit_after(calls, &log, row).ok_or("no attempt is committed and synced")?;
    if attempt > connect.begun {
        return Err("the upload connects before row and attempt are synced".into());
    }
    if let Some(file) = unsynced(calls, ledger, connect.begun) {
        return Err(format!("{file} is written and not synced at the connect"));
    }
    Ok(parcel)
}

/// The connect of the one socket that carries as many bytes as the parcel has.
fn upload(calls: &[Call], parcel_bytes: u64) -> Result<&Call, String> {
    let mut carried: BTreeMap<&str, u64> = BTreeMap::new();
    for call in calls {
        if WRITES.contains(&call.name.as_str()) && call.target.starts_with("socket:") {
            *carried.entry(&call.target).or_default() += u64::try_from(call.result).unwrap_or(0);
        }
    }
    let large = carried.iter().filter(|(_, bytes)| **bytes >= parcel_bytes);
    let [(socket, _)] = large.collect::<Vec<_>>()[..] else {
        return Err(format!("not one socket carries the parcel: {carried:?}"));
    };
    let connects = calls.iter().filter(|call| call.is(&["connect"], socket));
    match connects.collect::<Vec<_>>()[..] {
        [connect] => Ok(connect),
        _ => Err("the upload's socket is not connected once".into()),
    }
}

/// The parcel's path, when its first byte is written, and when it lies safely.
fn parcel(calls: &[Call], ledger: &str, size: u64) -> Result<(String, usize, usize), String> {
    let folder = format!("{ledger}/parcels");
    let renames = calls.iter().filter(|call| {
        RENAMES.contains(&call.name.as_str())
            && call.target.starts_with(&folder)
            && call.result == 0
    });
    let [rename] = renames.collect::<Vec<_>>()[..] else {
        return Err("not one parcel is renamed into its place".into());
    };
    let renamed = rename.ended.ok_or("the rename does not end")?;
    let parcel = quoted(&rename.arguments)
        .pop()
        .ok_or("a rename to nowhere")?;
    if !parcel.starts_with(&folder) || !parcel.ends_with(".cms") {
        return Err(format!("{parcel} is no parcel"));
    }

    let part = &rename.target;
    let writes: Vec<&Call> = calls.iter().filter(|call| call.is(&WRITES, part)).collect();
    let bytes: i64 = writes.iter().map(|call| call.result.max(0)).sum();
    let (Some(first), Some(last)) = (writes.first(), writes.last()) else {
        return Err("the parcel is not written".into());
    };
    if u64::try_from(bytes).unwrap_or(0) < size {
        return Err(format!("{bytes} of the parcel's {size} bytes are written"));
    }
    let synced = synced_after(calls, part, last.ended.unwrap_or(usize::MAX))
        .ok_or("the parcel is not synced")?;
    if synced > rename.begun {
        return Err("the parcel is renamed before it is synced".into());
    }
    let kept = synced_after(calls, &folder, renamed).ok_or("the parcels' folder is not synced")?;
    Ok((parcel, first.begun, kept))
}

/// When a sync of `target` that began after `line` has ended well.
fn synced_after(calls: &[Call], target: &str, line: usize) -> Option<usize> {
    calls
        .iter()
        .filter(|call| call.is(&SYNCS, target) && call.begun > line && call.done())
        .filter_map(|call| call.ended)
        .min()
}

/// When the first transaction that is committed after `line` is synced.
fn commit_after(calls: &[Call], log: &str, line: usize) -> Option<usize> {
    let commit = calls
        .iter()
        .find(|call| call.begun > line && call.done() && call.commits(log))?;
    // Behind the head of its last frame stands the page.
    let page = calls
        .iter()
        .find(|call| call.begun > commit.begun && call.done() && call.is(&["pwrite64"], log))?;
    synced_after(calls, log, page.ended?)
}

/// A file of the ledger that is written and not synced at `line`. The shared index of the
/// write-ahead log is made anew from it, and the log of the program is no part of the ledger.
fn unsynced(calls: &[Call], ledger: &str, line: usize) -> Option<String> {
    let kept = |file: &str| {
        file.starts_with(&format!("{ledger}/"))
            && !file.ends_with("/ledger.db-shm")
            && !file.ends_with("/utpost.log")
    };
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.begun < line) {
        if WRITES.contains(&call.name.as_str()) && kept(&call.target) {
            last.insert(&call.target, call.ended.unwrap_or(usize::MAX));
        }
    }
    last.into_iter()
        .find(|(file, written)| {
            synced_after(calls, file, *written).is_none_or(|synced| synced > line)
        })
        .map(|(file, _)| file.to_owned())
}

mod checker {
    use super::{order_of_one_send, read_trace};

    /// One send as it must be, in as few calls as can be. The first connection is that of the
    /// token service, at the same port; one write is interrupted by another thread.
    const RIGHT: &str = r#"7 connect(4<socket:[1]>, {sa_family=AF_INET, sin_port=htons(9)}, 16) = -1 EINPROGRESS (Operation now in progress)
7 write(4<socket:[1]>, "token", 400) = 400
7 write(5</l/parcels/m.cms.part>, "0\202"..., 9000 <unfinished ...>
8 write(9<anon_inode:[eventfd]>, "\1\0\0\0\0\0\0\0", 8) = 8
7 <... write resumed>) = 9000
7 fsync(5</l/parcels/m.cms.part>) = 0
7 rename("/l/parcels/m.cms.part", "/l/parcels/m.cms") = 0
7 fsync(5</l/parcels>) = 0
7 pwrite64(6</l/ledger.db-wal>, "\0\0\0\5\0\0\0\0\260\371\n'/J\"*\351\10\vR\3y\250\241", 24, 32) = 24
7 pwrite64(6</l/ledger.db-wal>, "W\307\361d"..., 4096, 56) = 4096
7 pwrite64(6</l/ledger.db-wal>, "\0\0\0\6\0\0\0\32\260\371\n'/J\"*\351\10\vR\3y\250\241", 24, 4152) = 24
7 pwrite64(6</l/ledger.db-wal>, "W\307\361d"..., 4096, 4176) = 4096
7 fsync(6</l/ledger.db-wal>) = 0
7 pwrite64(6</l/ledger.db-wal>, "\0\0\0\7\0\0\0\32\260\371\n'/J\"*\351\10\vR\3y\250\241", 24, 8272) = 24
7 pwrite64(6</l/ledger.db-wal>, "W\307\361d"..., 4096, 8296) = 4096
7 fdatasync(6</l/ledger.db-wal>) = 0
7 connect(7<socket:[2]>, {sa_family=AF_INET, sin_port=htons(9)}, 16) = -1 EINPROGRESS (Operation now in progress)
7 writev(7<socket:[2]>, [{iov_base="\27\3\3", iov_len=9500}], 1) = 9500
7 +++ exited with 0 +++
"#;

    fn judge(lines: &[&str]) -> Result<String, String> {
        order_of_one_send(&read_trace(&lines.join("\n"))?, "/l", 9000)
    }

    #[test]
    fn a_send_in_the_right_order_is_found_right() {
        let lines: Vec<&str> = RIGHT.lines().collect();
        assert_eq!(judge(&lines).as_deref(), Ok("/l/parcels/m.cms"));
    }

    /// The lines without which the order is not shown.
    const NEEDED: [usize; 13] = [2, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17];

    #[test]
    fn a_send_that_lacks_any_needed_call_is_found_wrong() {
        let lines: Vec<&str> = RIGHT.lines().collect();
        for leave_out in NEEDED {
            let mut lacking = lines.clone();
            let call = lacking.remove(leave_out);
            assert!(judge(&lacking).is_err(), "without {call}");
        }
    }

    #[test]
    fn a_send_that_connects_too_early_is_found_wrong() {
        let lines: Vec<&str> = RIGHT.lines().collect();
        for place in 0..16 {
            let mut early = lines.clone();
            let connect = early.remove(16);
            early.insert(place, connect);
            assert!(judge(&early).is_err(), "connected at line {place}");
        }
    }

    #[test]
    fn calls_that_are_swapped_are_found_wrong() {
        let lines: Vec<&str> = RIGHT.lines().collect();
        let swapped = [
            (5, 6, "renamed before synced"),
            (6, 7, "folder synced before the rename"),
            (4, 5, "synced before written"),
            (7, 12, "folder synced after the row"),
            (12, 16, "connected before the row is synced"),
            (15, 16, "connected before the attempt is synced"),
            (11, 12, "the row's page written after its sync"),
            (14, 15, "the attempt's page written after its sync"),
        ];
        for (one, other, what) in swapped {
            let mut wrong = lines.clone();
            wrong.swap(one, other);
            assert!(judge(&wrong).is_err(), "{what}");
        }
    }

    #[test]
    fn a_sync_that_failed_or_never_ended_does_not_count() {
        for sync in [5, 7, 12, 15] {
            let mut lines: Vec<String> = RIGHT.lines().map(str::to_owned).collect();
            let failed = lines[sync].replace("= 0", "= -1 EIO (Input/output error)");
            let never = lines[sync].replace(") = 0", " <unfinished ...>");
            for wrong in [failed, never] {
                assert_ne!(wrong, lines[sync]);
                lines[sync] = wrong;
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                assert!(judge(&lines).is_err(), "{}", lines[sync]);
            }
        }
    }

    #[test]
    fn one_transaction_is_not_two_and_none_is_not_one() {
        let lines: Vec<&str> = RIGHT.lines().collect();
        // Neither the row nor the attempt ends its transaction.
        for commit in [10, 13] {
            let open = lines[commit].replace(r"\0\0\0\32", r"\0\0\0\0");
            assert_ne!(open, lines[commit]);
            let mut wrong = lines.clone();
            wrong[commit] = &open;
            assert!(judge(&wrong).is_err(), "{open}");
        }
        // A write that nobody synced before the connect.
        let mut unsynced = lines.clone();
        unsynced.insert(16, lines[9]);
        assert!(judge(&unsynced).is_err());
        // What the kernel did is not known.
        let mut garbled = lines.clone();
        garbled.insert(3, "7 something else");
        assert!(judge(&garbled).is_err());
    }
}
