//! Speed of the networks, of queue rollouts and of training.

use bellwether::env::queueing::{QueueParameters, Queueing};
use bellwether::learn::{LANES, Mappo, MappoConfig, Mlp};
use bellwether::run::Settings;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Wall clock, or, with `PROCESSOR_TIME` set, the processor time of all threads: the one that means something on a busy
/// machine (Linux).
struct Clock(Instant, Duration);

impl Clock {
    fn start() -> Self {
        Clock(Instant::now(), Self::processor())
    }

    fn elapsed(&self) -> Duration {
        match std::env::var_os("PROCESSOR_TIME") {
            None => self.0.elapsed(),
            Some(_) => Self::processor() - self.1,
        }
    }

    fn processor() -> Duration {
        let threads = std::fs::read_dir("/proc/self/task");
        let spent = threads.into_iter().flatten().flatten().map(|thread| {
            let text = std::fs::read_to_string(thread.path().join("schedstat"));
            let first = text.ok().and_then(|t| t.split(' ').next()?.parse().ok());
            first.unwrap_or(0)
        });
        Duration::from_nanos(spent.sum())
    }
}

/// Environment steps of the queue of Appendix H with two 1-32-32-8 networks and QuantumSoftmax: played alone, and learned
/// from with all that an update does.
fn queue(c: &mut Criterion) {
    let env = Queueing::new(QueueParameters::default()).expect("valid parameters");
    let file =
        Settings::parse("figure5.toml", include_str!("../docs/figure5.toml")).and_then(|settings| settings.resolve());
    let figure5 = MappoConfig { cost_limit: Some(5.5), total_timesteps: 1 << 40, ..file.expect("valid settings").1 };
    let sampled = MappoConfig { cost_limit: Some(5.5), total_timesteps: 1 << 40, ..MappoConfig::default() };
    let mut group = c.benchmark_group("queue");
    group.throughput(Throughput::Elements(figure5.batch() as u64));
    group.sample_size(10);
    for (name, config, learn) in [
        ("rollouts", &sampled, false),
        ("training, docs/figure5.toml", &figure5, true),
        ("training, sampled, 4 epochs", &sampled, true),
    ] {
        let mut mappo = Mappo::new(&env, config.clone()).expect("valid settings");
        group.bench_function(name, |b| {
            b.iter_custom(|n| {
                let clock = Clock::start();
                for _ in 0..n {
                    if learn {
                        black_box(mappo.update().expect("a finite update"));
                    } else {
                        black_box(mappo.sample().expect("finite parameters"));
                    }
                }
                clock.elapsed()
            });
        });
    }
    group.finish();
}

fn networks(c: &mut Criterion) {
    let net = Mlp::new(1, &[32, 32], 8);
    let theta: Vec<f64> = (0..net.parameters()).map(|k| (k as f64).sin() * 0.3).collect();
    let mut ready = Vec::new();
    net.ready(&theta, &mut ready);
    let x: Vec<f32> = (0..LANES).map(|k| k as f32 * 0.1).collect();
    let d: Vec<f32> = (0..8 * LANES).map(|k| (k as f32).cos()).collect();
    let mut gradient = vec![0.0; theta.len()];
    let mut work = net.work();
    let mut group = c.benchmark_group("mlp 1-32-32-8");
    group.throughput(Throughput::Elements(LANES as u64));
    group.bench_function("forward", |b| b.iter(|| black_box(net.forward(&ready, black_box(&x), &mut work)[0])));
    group.bench_function("reverse", |b| b.iter(|| net.backward(&ready, black_box(&d), &mut work, &mut gradient)));
    group.finish();
}

criterion_group!(benches, networks, queue);
criterion_main!(benches);
