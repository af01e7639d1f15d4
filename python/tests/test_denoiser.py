"""Schedules, denoisers and samplers against numpy."""

import pickle

import numpy as np
import pytest

import lindiff


def test_schedules_follow_their_formulas():
    t = np.arange(1, 41)
    linear = lindiff.Schedule.linear(40, 1e-3, 0.2)
    beta = 1e-3 + (0.2 - 1e-3) * t / 40
    np.testing.assert_allclose(linear.alpha_bar, np.cumprod(1 - beta), rtol=1e-13)
    np.testing.assert_allclose(linear.beta, beta, rtol=1e-12)
    f = np.cos(np.pi / 2 * (np.arange(41) / 40 + 0.008) / 1.008) ** 2
    expected = np.cumprod(1 - np.minimum(1 - f[1:] / f[:-1], 0.999))
    np.testing.assert_allclose(lindiff.Schedule.cosine(40).alpha_bar, expected, rtol=1e-12)
    kept = linear.keep(7)
    assert kept.steps.tolist() == [i * 40 // 7 for i in range(1, 8)]
    np.testing.assert_array_equal(kept.alpha_bar, linear.alpha_bar[kept.steps - 1])
    np.testing.assert_allclose(linear.noise_variance, 1 - linear.alpha_bar, rtol=1e-13)


def test_a_scheduler_of_diffusers_is_a_schedule():
    class Scheduler:
        alphas_cumprod = np.cumprod(1 - np.linspace(1e-4, 0.02, 50)).astype("f4")

    schedule = lindiff.Schedule.from_diffusers(Scheduler())
    np.testing.assert_array_equal(schedule.alpha_bar.astype("f4"), Scheduler.alphas_cumprod)
    by_hand = lindiff.predict(dim=9, samples=20, schedule=schedule)
    assert lindiff.predict(dim=9, samples=20, schedule=Scheduler()) == by_hand
    assert lindiff.predict(dim=9, samples=20, schedule=Scheduler.alphas_cumprod) == by_hand
    with pytest.raises(TypeError, match="alphas_cumprod"):
        lindiff.Schedule.from_diffusers(object())


def test_what_is_no_schedule_is_refused():
    for alpha_bar in ([], [0.5, 0.5], [1.0], [0.5, -0.1], [np.nan]):
        with pytest.raises(ValueError):
            lindiff.Schedule.from_alpha_bar(alpha_bar)
    with pytest.raises(ValueError, match="keep = 9"):
        lindiff.Schedule.linear(8).keep(9)
    with pytest.raises(TypeError):
        lindiff.Schedule()
    with pytest.raises(AttributeError):
        lindiff.Schedule.cosine().alpha_bar = 3
    with pytest.raises((TypeError, OverflowError)):
        lindiff.Schedule.linear(-1)


@pytest.fixture(scope="module")
def moments():
    random = np.random.default_rng(2)
    root = random.normal(size=(4, 4))
    return random.normal(size=4), root @ root.T / 4


SCHEDULE = lindiff.Schedule.linear(60, 1e-3, 0.2)


def test_the_optimum_inverts_the_noised_covariance(moments):
    mean, covariance = moments
    optimum = lindiff.Denoiser.optimum(moments, schedule=SCHEDULE, ridge=0.1, covariance_ridge=0.2)
    for step in (0, 30, -1):
        ab = SCHEDULE.alpha_bar[step]
        expected = np.sqrt(1 - ab) * np.linalg.inv(ab * covariance + (1 - ab + 0.1 + ab * 0.2) * np.eye(4))
        weight, bias = optimum.at(step)
        np.testing.assert_allclose(weight, expected, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(bias, -np.sqrt(ab) * expected @ mean, rtol=1e-10, atol=1e-12)
        x = np.random.default_rng(1).normal(size=(3, 4))
        noise = x @ weight.T + bias
        np.testing.assert_allclose(optimum.predict_noise(x, step), noise, rtol=1e-12)
        np.testing.assert_allclose(optimum.denoise(x, step), (x - np.sqrt(1 - ab) * noise) / np.sqrt(ab), rtol=1e-9)
    with pytest.raises(IndexError):
        optimum.at(60)


def given(denoiser):
    weights, biases = zip(*(denoiser.at(step) for step in range(len(denoiser.schedule))))
    return lindiff.Denoiser.from_maps(np.array(weights), np.array(biases), schedule=denoiser.schedule)


def test_losses_are_those_of_the_formula_for_any_maps(moments):
    mean, covariance = moments
    denoiser = given(lindiff.Denoiser.optimum((mean * 0.5, covariance * 1.5), schedule=SCHEDULE))
    expected = []
    for step, ab in enumerate(SCHEDULE.alpha_bar):
        weight, bias = denoiser.at(step)
        noised = ab * covariance + (1 - ab) * np.eye(4)
        moved = np.sqrt(ab) * weight @ mean + bias
        total = 4 - 2 * np.sqrt(1 - ab) * np.trace(weight) + np.trace(weight @ noised @ weight.T) + moved @ moved
        expected.append(total / 4)
    np.testing.assert_allclose(denoiser.losses(moments), expected, rtol=1e-10)
    found = denoiser.evaluate(moments)
    np.testing.assert_array_equal(found.by_step, denoiser.losses(moments))
    assert found.oracle_loss == pytest.approx(lindiff.Denoiser.optimum(moments, schedule=SCHEDULE).losses(moments).mean())


@pytest.mark.parametrize("sampler", ["ddpm", "sde", "ode", "heun", "ddim"])
def test_the_exact_law_of_a_sampler_is_that_of_its_draws(moments, sampler):
    denoiser = lindiff.Denoiser.optimum(moments, schedule=SCHEDULE, ridge=0.05)
    law = denoiser.sampled(sampler=sampler)
    # Maps that were given take another way: products of matrices.
    again = given(denoiser).sampled(sampler=sampler)
    np.testing.assert_allclose(again.covariance, law.covariance, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(again.mean, law.mean, rtol=1e-9, atol=1e-10)
    draws = denoiser.sample(4000, sampler=sampler, seed=3)
    whitened = (draws - law.mean) @ np.linalg.inv(np.linalg.cholesky(law.covariance)).T
    # 14 moments of standard normals for each of 5 samplers: 4.5 standard errors each (family-wise 5e-4).
    assert np.abs(whitened.mean(0)).max() < 4.5 / np.sqrt(4000)
    second = whitened.T @ whitened / 4000 - np.eye(4)
    assert np.abs(second / np.sqrt(1 + np.eye(4))).max() < 4.5 / np.sqrt(4000)
    found = denoiser.evaluate(moments, sampler=sampler)
    assert found.kl_true_sampled == pytest.approx(lindiff.kl(moments, law).kl_true_sampled, rel=1e-8)
    assert found.w2 == pytest.approx(lindiff.wasserstein(moments, law), rel=1e-6)


def test_ancestral_sampling_is_its_recursion(moments):
    denoiser = lindiff.Denoiser.optimum(moments, schedule=SCHEDULE)
    mean, covariance = np.zeros(4), np.eye(4)
    for step in reversed(range(60)):
        weight, bias = denoiser.at(step)
        beta, noise = SCHEDULE.beta[step], np.sqrt(SCHEDULE.noise_variance[step])
        matrix = (np.eye(4) - beta / noise * weight) / np.sqrt(1 - beta)
        mean = matrix @ mean - beta / noise / np.sqrt(1 - beta) * bias
        covariance = matrix @ covariance @ matrix.T + (beta * np.eye(4) if step > 0 else 0)
    law = denoiser.sampled()
    np.testing.assert_allclose(law.mean, mean, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(law.covariance, covariance, rtol=1e-9, atol=1e-10)


def test_a_draw_depends_on_its_seed_and_its_place_alone(moments):
    denoiser = lindiff.Denoiser.optimum(moments, schedule=SCHEDULE)
    many = denoiser.sample(9, seed=5)
    np.testing.assert_allclose(denoiser.sample(3, seed=5), many[:3], rtol=1e-12)
    assert not np.allclose(denoiser.sample(3, seed=6), many[:3])
    assert denoiser.sample(0).shape == (0, 4)
    again = pickle.loads(pickle.dumps(denoiser))
    np.testing.assert_array_equal(again.sample(9, seed=5), many)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(given(denoiser))).at(7)[0], denoiser.at(7)[0])


def test_maps_and_laws_of_other_shapes_are_refused(moments):
    denoiser = lindiff.Denoiser.optimum(moments, schedule=SCHEDULE)
    for weight, bias in ((np.zeros((60, 4, 3)), np.zeros((60, 4))), (np.zeros((59, 4, 4)), np.zeros((59, 4)))):
        with pytest.raises(ValueError, match="are needed"):
            lindiff.Denoiser.from_maps(weight, bias, schedule=SCHEDULE)
    for call in (
        lambda: denoiser.losses(np.eye(3)),
        lambda: lindiff.kl(np.eye(3), np.eye(4)),
        lambda: lindiff.kl(np.eye(3)[:2], np.eye(3)),
        lambda: lindiff.kl(np.triu(np.ones((3, 3))), np.eye(3)),
        lambda: lindiff.kl((np.zeros(2), np.eye(3)), np.eye(3)),
        lambda: lindiff.wasserstein(np.full((2, 2), np.nan), np.eye(2)),
        lambda: lindiff.Denoiser.optimum(np.eye(2), ridge=-1),
    ):
        with pytest.raises(ValueError):
            call()
