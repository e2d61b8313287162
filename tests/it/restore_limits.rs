//! Crafted backups are refused by command and page, leave nothing behind, and the box then accepts a valid one. Not here: random
//! damage (backup.rs, fuzz.rs).

use crate::support::{Answer, Client, Paperline, blank_png, eventually};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Clone)]
pub struct Member {
    pub name: String,
    pub kind: u8,
    link: &'static str,
    /// The header's size, if wrong.
    pub says: Option<u64>,
    pub bytes: Vec<u8>,
}

fn file(name: &str, bytes: &[u8]) -> Member {
    Member { name: name.to_owned(), kind: b'0', link: "", says: None, bytes: bytes.to_vec() }
}

/// As GNU tar writes it, however wrong.
fn header(member: &Member) -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, &member.name.as_bytes()[..member.name.len().min(100)]);
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    let size = member.says.unwrap_or(member.bytes.len() as u64);
    if size < 1 << 33 {
        put(124, format!("{size:011o}\0").as_bytes());
    } else {
        // Binary, as for large numbers.
        put(124, &[0x80, 0, 0, 0]);
        put(128, &size.to_be_bytes());
    }
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[member.kind]);
    put(157, member.link.as_bytes());
    put(257, b"ustar  \0");
    if member.kind == b'S' {
        // One byte of data after 3 GB of holes.
        put(386, format!("{:011o}\0", 3_000_000_000_u64 - 512).as_bytes());
        put(398, format!("{:011o}\0", 512).as_bytes());
        put(483, format!("{:011o}\0", 3_000_000_000_u64).as_bytes());
    }
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

pub fn archive(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for member in members {
        bytes.extend(header(member));
        bytes.extend(&member.bytes);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

pub fn members(backup: &[u8]) -> Vec<Member> {
    let mut tar = tar::Archive::new(backup);
    let read = |member: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut member = member.unwrap();
        let name = member.path().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut member, &mut bytes).unwrap();
        file(&name, &bytes)
    };
    tar.entries().unwrap().map(read).collect()
}

const SUMS: &str = "SHA256SUMS";

pub fn summed(mut members: Vec<Member>) -> Vec<Member> {
    members.retain(|member| member.name != SUMS);
    let sums: String = members.iter().map(|member| format!("{}  {}\n", hex(&member.bytes), member.name)).collect();
    members.push(file(SUMS, sums.as_bytes()));
    members
}

fn restore(data: &Path, from: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_paperline"))
        .args(["restore", "--data-dir"])
        .arg(data)
        .arg("--from")
        .arg(from)
        .output()
        .unwrap()
}

/// The size of what grows with uploads.
fn kept_bytes(dir: &Path) -> u64 {
    let du = Command::new("du").args(["-sb", "--apparent-size"]).arg(dir).output().unwrap();
    String::from_utf8_lossy(&du.stdout).split_whitespace().next().unwrap().parse().unwrap()
}

fn honest() -> (Paperline, Vec<u8>) {
    let old = Paperline::start();
    let admin = old.admin();
    admin.post("/registerDevice", &json!({ "DeviceSN": "18470001", "CPUID": "KEPT" }));
    assert_eq!(admin.upload("/invoice/recognizeImage", &[("p.png", &blank_png(40, 30))]).status, 200);
    let backup = admin.post("/api/backup", &json!({})).bytes;
    (old, backup)
}

fn is_the_old_one(new: &Paperline) -> Client {
    let listened = || {
        let output = new.output.lock().unwrap();
        let addresses: Vec<String> =
            output.lines().filter_map(|l| l.strip_prefix("listening on http://")).map(str::to_owned).collect();
        (addresses.len() == 2).then(|| addresses[1].clone())
    };
    let client = Client::new(&format!("http://{}", eventually("it begins anew", listened)));
    assert_eq!(client.log_in("admin", &new.admin_password()).body["reqStatus"], "sucess");
    assert_eq!(client.get("/search?condition=DeviceSN&DeviceSN=18470001").body["CPUID"], "KEPT");
    client
}

/// Among the pictures, a valid place.
fn with(good: &[Member], member: Member) -> Vec<u8> {
    let mut members = good.to_vec();
    let at = members.iter().position(|m| m.name.starts_with("pictures/")).unwrap();
    members.insert(at, member);
    archive(&summed(members))
}

#[test]
fn a_bomb_or_a_strangers_archive_is_refused_and_leaves_nothing() {
    let (old, backup) = honest();
    let good = members(&backup);
    assert_eq!(members(&archive(&summed(good.clone()))).len(), good.len());
    let of = |name: &str, kind: u8| Member { kind, ..file(name, b"") };
    let large = vec![7; (20 << 20) + 1];
    let at = |says: u64| Member { says: Some(says), ..file("records/00009999", &[0; 512]) };
    let records =
        |name: &str| Member { name: name.to_owned(), ..good.iter().find(|m| m.name.starts_with("records/")).unwrap().clone() };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a sparse member", with(&good, Member { bytes: vec![0; 512], ..of("pictures/sparse", b'S') })),
        ("a sparse member among the records", with(&good, Member { bytes: vec![0; 512], ..of("records/00009999", b'S') })),
        ("a picture over 20 MiB", with(&good, file(&format!("pictures/{}", hex(&large)), &large))),
        ("a member of 1 EiB", with(&good, at(1 << 60))),
        ("a member of almost 2^64 bytes", with(&good, at(u64::MAX - 1))),
        ("a member past what records take", with(&good, at((256 << 20) + 1))),
        ("a key of any size", with(&good, Member { says: Some(1 << 40), ..file("tls/key.pem", b"x") })),
        ("a way up", with(&good, file("../outside", b"x"))),
        ("a way up among the pictures", with(&good, file("pictures/../../outside", b"x"))),
        ("a way up among the records", with(&good, file("records/../../../outside", b"garbage"))),
        ("a way from the root", with(&good, file("/tmp/paperline-outside", b"x"))),
        ("a way up to the key", with(&good, file("tls/../../key.pem", b"x"))),
        ("a link to a folder", with(&good, Member { link: "/tmp", ..of("pictures/link", b'2') })),
        ("a link to a password file", with(&good, Member { link: "/etc/passwd", ..of("tls/key.pem", b'2') })),
        ("a hard link", with(&good, Member { link: "/etc/passwd", ..of("pictures/hard", b'1') })),
        ("a device", with(&good, of("pictures/null", b'3'))),
        ("a pipe", with(&good, of("tls/cert.pem", b'6'))),
        ("a folder", with(&good, of("tls", b'5'))),
        ("a longer name for what follows", with(&good, Member { bytes: b"tls/key.pem".to_vec(), ..of("././@LongLink", b'L') })),
        ("what pax says of what follows", with(&good, Member { bytes: b"20 size=99999999999\n".to_vec(), ..of("pax", b'x') })),
        ("a file that no backup has", with(&good, file("db/conf", b"x"))),
        ("the mark of a whole restore", with(&good, file("whole", b""))),
        ("records that are none", with(&good, file("records/00009999", &[255; 4096]))),
        ("the same records twice", with(&good, records("records/00000001"))),
        ("the same key twice", {
            let key = good.iter().find(|m| m.name == "tls/own.pem").unwrap().clone();
            with(&good, key)
        }),
    ];
    let new = Paperline::start();
    let admin = new.admin();
    let (dir, before) = (new.dir.path().to_owned(), kept_bytes(&new.data()));
    for (what, bytes) in &cases {
        let (file, target) = (dir.join("case"), dir.join("target"));
        fs::write(&file, bytes).unwrap();
        let output = restore(&target, &file);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && !said.is_empty() && !said.contains("panicked"), "{what}: {output:?}");
        assert!(!target.exists(), "{what}: nothing is left of it");
        let answer: Answer = admin.upload("/api/restore", &[("b", bytes)]);
        assert_eq!(answer.refusal(), (400, "malformed"), "{what}");
        assert!(!answer.body["err"].as_str().unwrap().contains('/'), "{what}: {answer:?}");
        assert!(!new.data().join("restored").exists(), "{what}: nothing is left of it");
        assert_eq!(fs::read_dir(new.data().join("pictures/incoming")).unwrap().count(), 0, "{what}");
        assert_eq!(admin.get("/readyz").status, 200, "{what}");
        fs::remove_file(file).unwrap();
    }
    let after = kept_bytes(&new.data());
    assert!(after < before + (4 << 20), "{before} bytes became {after}");
    for outside in ["outside", "key.pem", "null"] {
        assert!(!dir.join(outside).exists() && !new.data().join(outside).exists(), "{outside}");
    }
    assert!(!Path::new("/tmp/paperline-outside").exists());
    assert_eq!(admin.upload("/api/restore", &[("b", &backup)]).status, 200);
    is_the_old_one(&new);
    drop(old);
}

/// support/mod.rs checks every box's output; this checks the command too.
#[test]
fn what_is_said_of_a_damaged_backup_has_no_secret_in_it() {
    let (old, backup) = honest();
    let secret = old.admin_password();
    let good = members(&backup);
    let at = backup.windows(secret.len()).position(|w| w == secret.as_bytes()).unwrap();
    assert_eq!(at % 512, 0, "it stands at the beginning of a block");
    let mut cases = vec![
        // Where a header should be.
        [&backup[..at - 512], &backup[at..]].concat(),
        with(&good, file(&secret, b"x")),
        with(&good, file(&format!("records/{secret}"), b"x")),
        with(&good, Member { kind: b'2', ..file(&secret, b"") }),
    ];
    // Among the sums, and in the head.
    let mut listed = summed(good.clone());
    let sums = listed.len() - 1;
    listed[sums].bytes.extend(format!("{}  {secret}\n", "0".repeat(64)).bytes());
    cases.push(archive(&listed));
    let mut headed = good.clone();
    headed[0].bytes = format!("format 99\npaperline {secret}\n").into_bytes();
    cases.push(archive(&summed(headed)));
    let new = Paperline::start();
    let admin = new.admin();
    for (n, bytes) in cases.iter().enumerate() {
        let (file, target) = (old.dir.path().join("case"), old.dir.path().join("target"));
        fs::write(&file, bytes).unwrap();
        let output = restore(&target, &file);
        let said = [output.stdout, output.stderr].concat();
        assert!(!output.status.success(), "{n}");
        assert!(!String::from_utf8_lossy(&said).contains(&secret), "{n}: {}", String::from_utf8_lossy(&said));
        let answer = admin.upload("/api/restore", &[("b", bytes)]);
        assert_eq!(answer.refusal(), (400, "malformed"), "{n}");
        assert!(!String::from_utf8_lossy(&answer.bytes).contains(&secret), "{n}");
    }
    assert!(!new.output.lock().unwrap().contains(&secret));
}

#[test]
fn a_picture_stands_under_its_own_sum_whatever_its_name_says() {
    let (old, backup) = honest();
    let mut members = members(&backup);
    let picture = members.iter_mut().find(|m| m.name.starts_with("pictures/")).unwrap();
    let name = picture.name.trim_start_matches("pictures/").to_owned();
    picture.bytes = b"<script>somebody else's</script>".to_vec();
    let bent = archive(&summed(members));
    let (file, target) = (old.dir.path().join("bent"), old.dir.path().join("target"));
    fs::write(&file, &bent).unwrap();
    let output = restore(&target, &file);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains(&name), "it is said: {output:?}");
    let files = Command::new("find").arg(target.join("pictures")).args(["-name", &name]).output().unwrap();
    assert!(files.stdout.is_empty(), "{}", String::from_utf8_lossy(&files.stdout));
    let new = Paperline::start();
    let answer = new.admin().upload("/api/restore", &[("b", &bent)]);
    if answer.status == 200 {
        let client = is_the_old_one(&new);
        let shown = client.get("/invoice/image/1.png");
        assert_ne!(shown.status, 200, "{shown:?}");
        assert!(shown.status < 500, "{shown:?}");
    } else {
        assert_eq!(answer.refusal(), (400, "malformed"));
    }
}

#[test]
fn a_restore_ends_every_session() {
    let old = Paperline::start();
    let (admin, operator) = (old.admin(), old.operator());
    admin.post("/registerDevice", &json!({ "DeviceSN": "18470001", "CPUID": "KEPT" }));
    assert_eq!(admin.post("/api/tokens", &json!({ "name": "3 号工位", "permissions": [2] })).status, 201);
    let backup = admin.post("/api/backup", &json!({})).bytes;
    let cookies = [admin.cookie(), operator.cookie()];
    let new = Paperline::start();
    let (of_new, by_page) = (new.admin(), new.admin());
    let cookie_of_new = of_new.cookie();
    assert_eq!(by_page.upload("/api/restore", &[("b", &backup)]).status, 200);
    let client = is_the_old_one(&new);
    for cookie in cookies.iter().chain([&cookie_of_new]) {
        let answer = Client::new(&client.base).with_header("cookie", cookie).get("/me");
        assert_eq!(answer.refusal(), (401, "unauthenticated"));
    }
    let told = |client: &Client| {
        let log = client.get("/api/log?type=3&keyword=从备份恢复").body;
        log["action_list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["action_description"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&client), ["从备份恢复 1 个令牌、所有密码和锁定与备份时相同"]);
    let (file, target) = (old.dir.path().join("b"), old.dir.path().join("target"));
    fs::write(&file, &backup).unwrap();
    assert!(restore(&target, &file).status.success());
    let again = Paperline::start_on(old.dir.clone(), &target, &[]);
    for cookie in &cookies {
        assert_eq!(again.client().with_header("cookie", cookie).get("/me").refusal(), (401, "unauthenticated"));
    }
    // The old box keeps its sessions.
    assert_eq!((admin.get("/me").status, operator.get("/me").status), (200, 200));
}

#[test]
fn a_restore_whose_sender_was_logged_out_meanwhile_is_not_taken_in() {
    use std::io::Write;
    let (_old, backup) = honest();
    let new = Paperline::start();
    let (sender, admin) = (new.admin(), new.admin());
    let tail = b"\r\n--frontier--\r\n";
    let head = b"--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p\"\r\n\r\n";
    let mut stream = sender.begin_upload("/api/restore", (head.len() + backup.len() + tail.len()) as u64);
    stream.write_all(&backup).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(sender.post("/logout", &json!({})).status, 200);
    stream.write_all(tail).unwrap();
    assert_eq!(crate::support::status_line(stream), "HTTP/1.1 401 Unauthorized");
    assert!(!new.data().join("restored").exists());
    assert_eq!(admin.get("/api/backups").body["is_new"], true);
    assert_eq!(admin.upload("/api/restore", &[("b", &backup)]).status, 200);
    is_the_old_one(&new);
}
