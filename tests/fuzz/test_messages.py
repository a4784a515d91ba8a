"""Any message is refused or starts its own job. `make fuzz FAMILY=messages SEEDS=500` runs this.

Each example is a batch of real messages that were changed: as JSON and as text.
"""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import invariants
from builders import a_failure
from fuzz.fuzzing import bounded, examples
from reliability.test_forged_messages import Scene, like
from simulation.uploads import notification
from simulation.world import simulated

OWN_MEGABYTES = 600
"""The simulated S3 and SQS keep what is sent to them."""
CPU_SECONDS = 60
"""For a batch, including the jobs that it starts."""
BATCH = 10
names = st.text(max_size=20) | st.sampled_from(
    ["Records", "s3", "job_id", "failure", "detail-type"]
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=200)
    | st.sampled_from(["uploads/", "../", "\x00", "🎬" * 1_000, "9999-12-31T23:59:59Z", "%", "+"])
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
texts = st.sampled_from(
    [
        "",
        "\ufeff",
        "[" * 100_000,
        '{"a":' * 50_000,
        "1e999",
        "NaN",
        r"\ud800",
        r"\u0000",
        "null",
        ",",
    ]
)


REFUSED_BY_SQS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""


def paths(document: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in the document."""
    items: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        items = list(document.items())
    elif isinstance(document, list):
        items = list(enumerate(document))
    deeper = [path for key, value in items for path in paths(value, (*above, key))]
    return [(*above, key) for key, _ in items] + deeper


@st.composite
def messages(draw: st.DrawFn, known: list[str]) -> str:
    document = json.loads(draw(st.sampled_from(known)))
    for _ in range(draw(st.integers(0, 4))):
        found = paths(document)
        if not found:
            break
        *above, last = draw(st.sampled_from(found))
        parent = document
        for key in above:
            parent = parent[key]
        change(parent, last, draw)
    body = json.dumps(document, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 4)) == 0:
        place = draw(st.integers(0, len(body)))
        body = body[:place] + draw(texts) + body[place + draw(st.integers(0, 20)) :]
    return REFUSED_BY_SQS.sub("", body)


def change(parent: Any, key: Any, draw: st.DrawFn) -> None:
    how = draw(st.sampled_from(["replace", "replace", "remove", "repeat"]))
    if how == "replace":
        parent[key] = draw(values)
    elif how == "remove":
        del parent[key]
    elif isinstance(parent, list):
        parent += [parent[key]] * draw(st.integers(1, 20))
    else:
        parent[draw(names)] = parent[key]


def test_a_batch_of_changed_messages_changes_only_its_own_jobs() -> None:
    with simulated(5) as cloud:
        scene = Scene.set_in(cloud)
        good = scene.rows()[0]
        stored = {k: v for k, v in scene.stored().items() if scene.good.job_id in k}
        failure = a_failure().model_dump(mode="json")
        known = [
            *(notification(job) for job in (scene.good, scene.bad, scene.mine)),
            *(json.dumps(like(job)) for job in (scene.good, scene.bad, scene.mine)),
            *(json.dumps(like(job, failure=failure)) for job in (scene.bad, scene.mine)),
            json.dumps({"Event": "s3:TestEvent", "Bucket": scene.mine.bucket}),
        ]

        @examples
        @given(st.lists(messages(known), min_size=1, max_size=BATCH))
        def send(bodies: list[str]) -> None:
            with bounded(own_megabytes=OWN_MEGABYTES, cpu_seconds=CPU_SECONDS):
                scene.send(*bodies)
            assert cloud.unexpected == []

        send()
        cloud.aws.sqs.purge_queue(QueueUrl=cloud.aws.dlq_url)  # reading thousands takes minutes

        invariants.check_owners(cloud.state)
        assert scene.rows()[0] == good
        after = scene.stored()
        assert {key: after[key] for key in stored} == stored
