"""The progress is computed from a clock and the seconds of audio that are done."""

from __future__ import annotations

import pytest

from lifestream.domain.progress import Progress, ProgressMeter


def test_half_way_at_ten_times_real_time() -> None:
    meter = ProgressMeter(600, moment=0)

    assert meter.at(300, moment=30) == Progress(fraction=0.5, speed=10.0, seconds_left=30)


def test_the_estimate_follows_the_machine() -> None:
    meter = ProgressMeter(10_000, moment=0)
    speeds = [meter.at(10 * step, moment=step).speed for step in range(1, 20)]
    slower = [meter.at(190 + step, moment=19 + step).speed for step in range(1, 300)]

    assert speeds[-1] == 10
    assert slower[-1] == pytest.approx(1, abs=0.1)


def test_reports_in_bursts_do_not_make_the_estimate_jump() -> None:
    """Whisper on a CPU reports nothing for 20 seconds, then a whole batch at once."""
    meter = ProgressMeter(4_000, moment=0)
    ends = []
    for burst in range(1, 16):
        meter.at(220 * (burst - 1), moment=22 * burst - 2)
        left = meter.at(220 * burst, moment=22 * burst).seconds_left
        assert left is not None
        ends.append(22 * burst + left)

    assert ends == pytest.approx([400] * len(ends), rel=0.03)


def test_between_two_reports_the_time_left_goes_down() -> None:
    report = Progress(fraction=0.58, speed=5.0, seconds_left=40)

    assert report.after(10) == Progress(fraction=0.58, speed=5.0, seconds_left=30)


def test_a_time_left_that_is_over_is_hidden() -> None:
    assert Progress(fraction=0.58, seconds_left=40).after(41).seconds_left is None
    assert Progress(fraction=0.58).after(41).seconds_left is None


def test_it_never_goes_back_nor_beyond_the_end() -> None:
    meter = ProgressMeter(100, moment=0)
    meter.at(60, moment=1)

    assert meter.at(50, moment=2).fraction == 0.6
    assert meter.at(900, moment=3).fraction == 1.0


@pytest.mark.parametrize("total", [0.0, 10.0])
def test_before_any_work_is_done_nothing_is_promised(total: float) -> None:
    assert ProgressMeter(total, moment=0).at(0, moment=1).seconds_left is None
