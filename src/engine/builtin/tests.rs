//! Slow tests on whole pictures.
use super::*;
use std::time::Instant;

fn sample() -> Option<std::path::PathBuf> {
    let dir = std::env::var_os("PAPERLINE_SAMPLES")
        .map(std::path::PathBuf::from)
        .unwrap_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"));
    let path = dir.join("quota-invoice.bmp");
    path.exists().then_some(path)
}

#[test]
fn explore() {
    let path = sample().unwrap();
    let t = Instant::now();
    let nets = nets::nets().unwrap();
    println!("load {:?}", t.elapsed());
    let picture = picture::open(&path).unwrap();
    for _ in 0..2 {
        let t = Instant::now();
        let quads: Vec<_> = detect::lines(nets, &picture.pixels).unwrap().iter().map(|q| q.facing(0)).collect();
        println!("detect {:?}", t.elapsed());
        let t = Instant::now();
        let readings = read::read(nets, &picture.pixels, &quads, read::Charset::Any).unwrap();
        println!("read {} in {:?}", quads.len(), t.elapsed());
        for (q, r) in quads.iter().zip(&readings) {
            println!("{:5.0?} {:.3} {:.3} {}", q.bounds(), r.probability, r.mean(), r.text());
        }
    }
}
