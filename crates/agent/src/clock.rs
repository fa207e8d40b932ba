//! The one place that reads clocks.

use contract::Instant;
use nix::time::{ClockId, clock_gettime};
use watch::Now;

/// Where the agent reads the time.
pub trait Clock: Send + Sync {
    /// The three clocks, read together.
    fn now(&self) -> Now;

    /// Whether the wall clock is kept by a time source; `None` if the system does not say.
    fn synchronised(&self) -> Option<bool>;
}

/// The machine's clocks.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now {
            wall: Instant::from_ms(read_ms(ClockId::CLOCK_REALTIME)),
            mono_ms: read_ms(ClockId::CLOCK_MONOTONIC),
            boot_ms: read_ms(ClockId::CLOCK_BOOTTIME),
        }
    }

    fn synchronised(&self) -> Option<bool> {
        kernel_says_synchronised()
    }
}

fn read_ms(clock: ClockId) -> i64 {
    // These three clocks exist on every Linux kernel that can run this program.
    let time = clock_gettime(clock).expect("read a clock");
    time.tv_sec() * 1000 + time.tv_nsec() / 1_000_000
}

#[expect(unsafe_code, reason = "no safe wrapper reads the kernel's clock status")]
fn kernel_says_synchronised() -> Option<bool> {
    // SAFETY: an all-zero `timex` is valid, and with `modes` 0 the call only fills it in.
    let (answer, status) = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&mut timex), timex.status)
    };
    match answer {
        -1 => None,
        state => Some(state != libc::TIME_ERROR && status & libc::STA_UNSYNC == 0),
    }
}
