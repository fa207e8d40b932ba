//! What happens in the demo, second by second.

use std::time::Duration;

use login_service::{BackEnd, Fault};

use super::stage::{Stage, WITNESSES};

/// When the planned stop's window begins and ends, in seconds from the start.
pub const STOP_WINDOW: (u64, u64) = (48, 66);

const ROUND_SECONDS: u64 = 120;

/// One scene: from its second on, until the next one's.
struct Scene {
    second: u64,
    told: &'static str,
    portal: Fault,
    intranet: Fault,
    api: Fault,
    witnesses: Fault,
}

const WELL: Scene = Scene {
    second: 0,
    told: "everything works",
    portal: Fault::None,
    intranet: Fault::None,
    api: Fault::None,
    witnesses: Fault::None,
};

const SCENES: [Scene; 8] = [
    WELL,
    Scene {
        second: 14,
        told: "the portal's back end breaks; its login page still answers 200",
        portal: Fault::BackEnd(BackEnd::Error500),
        ..WELL
    },
    Scene { second: 32, told: "the portal works again", ..WELL },
    Scene {
        second: 50,
        told: "the intranet is down, inside its announced planned stop",
        intranet: Fault::Refuse,
        ..WELL
    },
    Scene { second: 64, told: "the intranet is back before its planned stop ends", ..WELL },
    Scene {
        second: 78,
        told: "this machine loses its network: no service answers, and no witness either",
        portal: Fault::Refuse,
        intranet: Fault::Refuse,
        api: Fault::Refuse,
        witnesses: Fault::Refuse,
    },
    Scene { second: 92, told: "the network is back; nobody is blamed for it", ..WELL },
    Scene {
        second: 104,
        told: "the api refuses connections until the next round",
        api: Fault::Refuse,
        ..WELL
    },
];

/// The scene's words at `second`.
pub fn told_at(second: u64) -> &'static str {
    scene_at(second).told
}

/// Plays the scenes on `stage`, round after round, until it is dropped. In later rounds the
/// intranet is left alone: a contract allows one planned stop a month.
pub async fn play(stage: &Stage) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    for second in 0.. {
        ticks.tick().await;
        let scene = scene_at(second);
        if second % ROUND_SECONDS != scene.second {
            continue;
        }
        let first_round = second < ROUND_SECONDS;
        stage.service("portal").inject(scene.portal).await;
        stage.service("api").inject(scene.api).await;
        if first_round || scene.witnesses != Fault::None {
            stage.service("intranet").inject(scene.intranet).await;
        } else {
            stage.service("intranet").heal().await;
        }
        for witness in WITNESSES {
            stage.service(witness).inject(scene.witnesses).await;
        }
    }
}

fn scene_at(second: u64) -> &'static Scene {
    let second = second % ROUND_SECONDS;
    SCENES.iter().rev().find(|scene| scene.second <= second).unwrap_or(&WELL)
}
