"""The explorable page: its formulas are the package's, and it serves readers of all kinds."""

import importlib.util
import json
import re
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.svm import SVC

from sklearn_gdlogreg import GDLogisticRegression, cost_and_gradient, descend

PAGE = Path(__file__).parents[1] / "docs" / "extra" / "explore"


def load_make():
    spec = importlib.util.spec_from_file_location("make_explore", PAGE / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The page is there to try rates that are too large.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The cost rose"),
    pytest.mark.filterwarnings("ignore:The cost ended above"),
]

make = load_make()
VERSIONS, Y = make.examples()


@pytest.fixture(scope="module")
def js():
    """A function that evaluates an expression where the page's formulas and data are known."""
    racer = pytest.importorskip("py_mini_racer")
    with racer.MiniRacer() as engine:
        scripts = ("data.js", "descent.js", "scenes.js")
        engine.eval("".join((PAGE / name).read_text() for name in scripts) + "0")
        yield lambda expression: json.loads(engine.eval(f"JSON.stringify({expression})"))


def test_the_data_are_what_make_writes():
    assert make.FILE.read_text(encoding="utf-8") == make.text()


def test_the_page_tells_how_to_make_the_data():
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    (code,) = re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)
    made = {}
    exec(code, made)
    for version, X in VERSIONS.items():
        assert np.array_equal(made[version], X)
    assert np.array_equal(made["y"], Y)


# Rates that crawl, that suit, and that oscillate. One that throws the path out magnifies a
# difference of the last digit, until nothing can be compared.
@pytest.mark.parametrize(
    ("version", "rate", "iterations"),
    [
        ("standardized", 0.001, 300),
        ("standardized", 0.5, 300),
        ("standardized", 5, 300),
        ("standardized", 40, 15),
        ("own", 0.0001, 300),
        ("own", 0.05, 300),
        ("own", 0.28, 300),
    ],
)
def test_every_iterate_is_the_packages(js, version, rate, iterations):
    X = VERSIONS[version]
    ours = js(f"descend(DATA.{version}.X, DATA.y, {rate}, {iterations})")
    steps = list(islice(descend(X, Y, learning_rate=rate), iterations + 1))
    assert len(ours) == len(steps)
    for step, our in zip(steps, ours, strict=True):
        assert our["t"] == step.t
        assert_allclose(our["J"], step.cost, rtol=1e-12)
        assert_allclose([*our["w"], our["b"]], [*step.coef, step.intercept], rtol=1e-12, atol=1e-12)
        dw, db = step.gradient
        assert_allclose([*our["dw"], our["db"]], [*dw, db], rtol=0, atol=1e-12 * np.abs(X).max())
        assert our["accuracy"] == ((X @ step.coef + step.intercept > 0) == Y).mean()


@pytest.mark.parametrize("z", [-800.0, -40.0, -1.0, 0.0, 1.0, 40.0, 800.0])
@pytest.mark.parametrize("label", [0, 1])
def test_the_cost_is_the_packages_at_any_margin(js, z, label):
    our = js(f"costAndGradient([[{z}, 0.5]], [{label}], [1, 0], 0)")
    J, dw, db = cost_and_gradient([[z, 0.5]], [label], coef=[1, 0], intercept=0)
    assert_allclose([our["J"], *our["dw"], our["db"]], [J, *dw, db], rtol=1e-13)


@pytest.mark.parametrize("version", VERSIONS)
def test_rates_settle_below_the_limit_and_not_above(js, version):
    ends = js(
        f"[0.9, 1.2].map((k) => descend(DATA.{version}.X, DATA.y,"
        f" k * DATA.{version}.lowest.settles, 20000).at(-1).J - DATA.{version}.lowest.J)"
    )
    assert ends[0] < 1e-8
    assert ends[1] > 1e-4


def suggestions():
    html = (PAGE / "index.html").read_text()
    found = re.findall(r'data-setting="([^"]*)"\s*>([^<]*)<', html)
    return {name: setting.replace("&amp;", "&") for setting, name in found}


@pytest.mark.parametrize(
    ("suggestion", "word"),
    [
        ("Too small a rate", "Barely moving"),
        ("A good rate", "Converged"),
        ("Too large a rate", "Oscillating"),
        ("Other units", "Falling steadily"),
    ],
)
def test_suggestions_show_what_they_say(js, suggestion, word):
    found = re.fullmatch(r"features=(\w+)&rate=(.*)&iterations=(\d+)", suggestions()[suggestion])
    version, rate, t = found.groups()
    steps = f"descend(DATA.{version}.X, DATA.y, {rate}, {t})"
    assert js(f"diagnose({steps}, {t}, {rate}, DATA.{version}.lowest)")[0] == word


def test_the_start_a_zigzag_and_a_rate_that_will_settle_are_told_apart(js):
    def diagnosis(version, rate, t):
        steps = f"descend(DATA.{version}.X, DATA.y, {rate}, {t})"
        return js(f"diagnose({steps}, {t}, {rate}, DATA.{version}.lowest)")

    assert diagnosis("standardized", 1, 0)[0] == "At the start"
    assert diagnosis("own", 0.05, 1)[0] == "Falling in a zigzag"
    assert diagnosis("own", 0.15, 1) == [
        "Oscillating",
        "The cost rose in the first iteration. Near the lowest cost, rates below 0.23 settle, "
        "and this is one.",
    ]
    assert "of the last 20 iterations" in diagnosis("standardized", 40, 60)[1]
    assert diagnosis("standardized", 40, 60)[1].endswith("and this is larger.")


def test_contours_lie_at_their_level(js):
    X, b = VERSIONS["standardized"], -0.1
    w1s, w2s = np.linspace(-6, 1, 61), np.linspace(-4, 2, 61)
    grid = f"{w1s.tolist()}, {w2s.tolist()}"
    costs = f"costsOver(DATA.standardized.X, DATA.y, {grid}, {b})"
    for level in (0.3, 0.5):
        points = np.array(js(f"outline({grid}, {costs}, {level})"))
        J = np.array([cost_and_gradient(X, Y, coef=w, intercept=b)[0] for w in points])
        border = np.isin(points[:, 0], w1s[[0, -1]]) | np.isin(points[:, 1], w2s[[0, -1]])
        assert (~border).sum() > 50
        assert_allclose(J[~border], level, atol=2e-3)
        assert (J[border] <= level + 2e-3).all()
        # One way round, and once: the turns add up to a whole one.
        sides = np.roll(points, -1, axis=0) - points
        angles = np.unwrap(np.arctan2(*sides[np.hypot(*sides.T) > 1e-6].T))
        assert abs(angles[-1] - angles[0]) == pytest.approx(2 * np.pi, abs=0.3)


# The scenes.

APART = (
    np.array(
        [
            *[(-4, -3), (-3, -1), (-3, -2), (-2, -1), (-1, 1), (1, 2)],
            *[(-1, -2), (1, -1), (2, 1), (3, 1), (3, 2), (4, 3)],
        ],
        dtype=float,
    ),
    np.repeat([0, 1], 6),
)
IS_TRAINING = np.arange(100) % 8 == 6
FEW = VERSIONS["standardized"][IS_TRAINING], Y[IS_TRAINING]
OTHERS = VERSIONS["standardized"][~IS_TRAINING], Y[~IS_TRAINING]
ONE = np.array([[2.0, 3.0]]), np.array([1])


def growing():
    """The rate eta / (1 - exp(-J)), for a descent that reports its steps to it."""
    last = {}

    def rate(t):
        return 0.3 / -np.expm1(-last["step"].cost)

    for last["step"] in descend(*APART, rate):
        yield last["step"]


def in_row_coordinates(X, y, rate):
    """A descent on X = U S Q in the coordinates of Q, back in w."""
    U, S, Q = np.linalg.svd(X, full_matrices=False)
    for step in descend(U * S, y, rate):
        yield step._replace(w=step.w @ Q, dw=step.dw @ Q)


CORRELATED = VERSIONS["correlated"], Y
PACKAGE = {
    "scene=cycles&rate=23": lambda: descend(VERSIONS["standardized"], Y, 23.0),
    "scene=cycles&rate=26": lambda: descend(VERSIONS["standardized"], Y, 26.0),
    "scene=separable&rule=constant": lambda: descend(*APART, 1.0),
    "scene=separable&rule=perceptron": lambda: descend(*APART, 100.0),
    "scene=separable&rule=growing": growing,
    "scene=coordinates&coordinates=raw": lambda: descend(*CORRELATED, 0.00827),
    "scene=coordinates&coordinates=standardized": lambda: descend(
        *CORRELATED, 2.01, coordinates="standardized"
    ),
    "scene=coordinates&coordinates=decorrelated": lambda: descend(
        *CORRELATED, 1.0, coordinates="decorrelated"
    ),
    "scene=coordinates&coordinates=rows": lambda: in_row_coordinates(*CORRELATED, 0.00827),
    "scene=stopping&rate=1": lambda: descend(*FEW, 1.0),
    "scene=graph&nudge=none&rate=0.1": lambda: descend(*ONE, 0.1),
}


# Where the last digits are not the package's.
LOOSE = {
    # Driven away from where it nearly stood, a path magnifies its rounding there.
    "scene=cycles&rate=26": 1e-8,
    # As small as the cost becomes, 1 - a has fewer digits.
    "scene=separable&rule=growing": 1e-6,
    # The package adds a trifle to second derivatives, for columns that are others' sums.
    "scene=coordinates&coordinates=decorrelated": 1e-8,
}


def steps_of(setting):
    """The scene's descent that a setting chooses, in JavaScript."""
    said = dict(each.split("=") for each in setting.split("&"))
    scene, rate = said.pop("scene"), said.pop("rate", "undefined")
    choice = json.dumps(next(iter(said.values()), None))
    found = f"SCENES.{scene}.descents({{ choice: {choice}, rate: {rate} }})"
    return f"followed({found}.find(({{ key }}) => (key ?? {choice}) === {choice}))"


@pytest.mark.parametrize("setting", PACKAGE)
def test_every_iterate_of_a_scene_is_the_packages(js, setting):
    ours = js(f"{steps_of(setting)}.steps")
    assert len(ours) == 301
    loose = LOOSE.get(setting, 1e-11)
    for our, step in zip(ours, PACKAGE[setting](), strict=False):
        if step.cost < 1e-10:
            break  # of 1 - a few digits are left
        assert_allclose(our["J"], step.cost, rtol=loose)
        point = [*step.coef, float(step.intercept)]
        assert_allclose([*our["w"], our["b"]], point, rtol=loose, atol=loose)
    else:
        return
    assert our["J"] < 2e-10


def test_decorrelated_coordinates_have_the_identity_for_second_derivatives(js):
    H = (
        "((X, M) => product(transposed(M), product(hessian(X, [0, 0], 0), M)))"
        "(DATA.correlated.X, COORDINATES.decorrelated(DATA.correlated.X))"
    )
    assert_allclose(js(H), np.eye(3), atol=1e-12)


def test_each_descent_of_the_coordinates_has_the_rate_one_over_L(js):
    rates = js("SCENES.coordinates.descents({}).map(({ key, rate }) => [key, rate])")
    for coordinates, rate in rates:
        name = coordinates if coordinates != "rows" else "raw"
        steps = descend(*CORRELATED, "lipschitz", coordinates=name)
        *_, step = islice(steps, 2)
        assert rate == pytest.approx(step.learning_rate, rel=3e-3)


@pytest.mark.parametrize("w", [(0.0, 0.0), (-3.7, -1.4), (2.0, 5.0)])
def test_the_largest_curvature_is_the_largest_eigenvalue(js, w):
    rows = np.column_stack([VERSIONS["standardized"], np.ones(100)])
    a = 1 / (1 + np.exp(-rows @ [*w, 0.3]))
    H = (rows.T * (a * (1 - a))) @ rows / 100
    ours = js(f"hessian(DATA.standardized.X, {list(w)}, 0.3)")
    assert_allclose(ours, H, rtol=1e-12, atol=1e-15)
    assert js(f"largestCurvature({ours})") == pytest.approx(np.linalg.eigvalsh(H)[-1], rel=1e-12)


@pytest.mark.parametrize("rate", [20, 23, 25, 26, 30])
def test_a_rate_just_above_the_limit_ends_in_a_cycle_of_two(js, rate):
    followed = steps_of(f"scene=cycles&rate={rate}")
    told = js(f"SCENES.cycles.tell({{ ...{followed}, t: 300 }})")
    assert told[0] == ("Settled" if rate < 2 / 0.0842 else "A cycle of 2")
    steps = list(islice(descend(VERSIONS["standardized"], Y, float(rate)), 301))
    costs = [f"{step.cost:.4f}" for step in steps]
    if told[0] == "Settled":
        assert costs[-1] in told[1]
    else:
        assert f"{costs[299]}, {costs[300]}" in told[1]
        steep = js(f"steepness({followed})")
        assert min(steep[-2:]) < 2 < max(steep[-2:])


@pytest.mark.parametrize(
    ("costs", "length"), [([1, 1, 1, 1], 1), ([1, 2] * 4, 2), ([3, 1, 2] * 4, 3)]
)
def test_a_cycle_is_as_long_as_it_takes_to_come_back(js, costs, length):
    steps = json.dumps([{"J": J} for J in costs])
    assert js(f"cycleLength({steps}, {len(costs) - 1})") == length
    assert js(f"cycleLength({steps}, {3 * length - 1})") == 0  # too early to tell


def test_the_widest_margin_is_that_of_a_support_vector_machine(js):
    machine = SVC(kernel="linear", C=1e6, tol=1e-8).fit(*APART)
    widest = js("SEPARABLE.widest")
    assert_allclose(machine.coef_[0], widest["w"], atol=1e-6)
    assert_allclose(machine.intercept_, widest["b"], atol=1e-6)


def test_coefficients_grow_along_it_like_log_t(js):
    steps = js(f"{steps_of('scene=separable&rule=constant')}.steps")
    grown = np.subtract(steps[300]["w"], steps[30]["w"])
    assert_allclose(grown, np.log(10) * np.array([1, -1]), rtol=0.1)


def test_a_huge_rate_moves_for_mistakes_alone(js):
    X, y = APART
    steps = js(f"{steps_of('scene=separable&rule=perceptron')}.steps")
    w, b = np.zeros(2), 0.0
    for step in steps[:20]:
        assert_allclose(step["w"], w, rtol=1e-9, atol=1e-9)
        # The perceptron, with examples on the line half wrong.
        wrong = y - np.heaviside(np.round(X @ w + b, 9), 0.5)
        w, b = w + 100 * wrong @ X / len(y), b + 100 * wrong.mean()
    assert not wrong.any()


def test_the_rate_that_grows_reaches_1e_10_in_a_moment(js):
    first = f"{steps_of('scene=separable&rule=growing')}.steps.findIndex(({{ J }}) => J < 1e-10)"
    assert js(first) == next(step.t for step in growing() if step.cost < 1e-10) < 150


@pytest.mark.parametrize("rate", [0.3, 1.0, 3.0, 10.0])
def test_the_page_keeps_the_iterate_that_early_stopping_keeps(js, rate):
    clf = GDLogisticRegression(rate, early_stopping=True, tol=0, max_iter=300)
    clf.fit(*FEW, X_val=OTHERS[0], y_val=OTHERS[1])
    losses = f"validationLosses({steps_of(f'scene=stopping&rate={rate}')})"
    assert js(f"stopEarly({losses}, PATIENCE)") == {
        "best": clf.best_iteration_,
        "end": clf.n_iter_[0],
    }
    assert_allclose(js(losses)[: clf.n_iter_[0] + 1], clf.validation_loss_curve_, rtol=1e-11)


@pytest.mark.parametrize("t", [0, 1, 20])
@pytest.mark.parametrize("name", ["w1", "w2", "b"])
def test_the_graph_is_the_gradient_and_the_nudge_shows_it(js, t, name):
    step = next(islice(descend(*ONE, 0.1), t, None))
    followed = steps_of("scene=graph&nudge=none&rate=0.1")
    graph = js(f"nudgedGraph({{ ...{followed}, now: {followed}.steps[{t}] }}, '{name}')")
    plain, moved = graph["plain"], graph["moved"]
    J, dw, db = cost_and_gradient(*ONE, coef=step.coef, intercept=step.intercept)
    assert_allclose([plain["loss"], *plain["dw"], plain["db"]], [J, *dw, db], rtol=1e-12)
    assert plain["dz"] == pytest.approx(plain["a"] - 1, rel=1e-12)
    derivative = {"w1": dw[0], "w2": dw[1], "b": db}[name]
    assert moved["loss"] - plain["loss"] == pytest.approx(0.001 * derivative, rel=0.01)
    assert moved["loss"] != plain["loss"]


# In a browser.


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    binary = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if not (binary and driver):
        pytest.skip("needs chromium (or google-chrome) and chromedriver")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,900",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(executable_path=driver))
    yield browser
    browser.quit()


class Page:
    """What a reader does and sees."""

    def __init__(self, browser):
        self.browser = browser
        self.address = (PAGE / "index.html").as_uri()

    def open(self, setting=""):
        # From elsewhere: another fragment of the same address would not load it again.
        self.browser.get("about:blank")
        self.browser.get(f"{self.address}#{setting}" if setting else self.address)
        return self

    def get(self, name):
        return self.browser.find_element("id", name)

    def js(self, script):
        return self.browser.execute_script(script)

    def press(self, *keys):
        self.browser.switch_to.active_element.send_keys(*keys)

    def tab_to(self, name):
        """Go there by the Tab key alone, and see where the focus is."""
        for _ in range(20):
            self.press("\ue004")
            focused = self.browser.switch_to.active_element
            if focused.get_attribute("id") == name or focused.text == name:
                width = self.js("return getComputedStyle(document.activeElement).outlineWidth")
                assert width == "3px"
                return
        raise AssertionError(f"The Tab key does not reach {name}.")

    def number(self, name):
        return float(self.get(f"read-{name}").text)

    def wait(self, condition):
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.browser, 20, poll_frequency=0.05).until(lambda _: condition())

    def wait_for_address(self, setting):
        self.wait(lambda: self.browser.current_url == f"{self.address}#{setting}")

    def shows(self, version, rate, t):
        """All numbers on the page are those of the package."""
        X = VERSIONS[version]
        step = next(islice(descend(X, Y, learning_rate=rate), t, None))
        dw, db = step.gradient
        assert self.number("t") == t
        shown = [self.number(name) for name in ("J", "w1", "w2", "b")]
        assert_allclose(shown, [step.cost, *step.coef, step.intercept], rtol=0, atol=6e-7)
        assert self.number("gradient") == pytest.approx(max(*np.abs(dw), abs(db)), rel=6e-3)
        clf = eval(
            self.get("python").text, {"GDLogisticRegression": GDLogisticRegression, "X": X, "y": Y}
        )
        assert (clf.coef_[0] == step.coef).all()
        assert self.number("accuracy") == pytest.approx(clf.score(X, Y), abs=1e-9)


@pytest.fixture
def page(chromium):
    """The page; when a test ends, nothing has been logged and nothing fetched but its files."""
    for log in ("browser", "performance"):
        chromium.get_log(log)
    yield Page(chromium)
    assert chromium.get_log("browser") == []
    messages = [
        json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")
    ]
    fetched = {
        message["params"]["request"]["url"].partition("#")[0]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
        and message["params"]["documentURL"].startswith(PAGE.as_uri())
    }
    own = {path.as_uri() for path in PAGE.iterdir()} | {"data:,"}
    assert fetched <= own
    assert (PAGE / "explore.js").as_uri() in fetched


def test_by_keyboard_alone(page):
    page.open("features=standardized&rate=1&iterations=10")
    page.shows("standardized", 1, 10)
    page.tab_to("rate")
    page.press("\ue014")  # right
    assert page.get("rate-value").text == "1.1"
    assert page.get("rate").get_attribute("aria-valuetext") == "1.1"
    page.shows("standardized", 1.1, 10)
    page.tab_to("iterations")
    page.press("\ue014", "\ue014")
    page.shows("standardized", 1.1, 12)
    page.tab_to("")  # the radio button that is checked
    page.press("\ue015")  # down
    page.shows("own", 1.1, 12)
    page.tab_to("step")
    page.press("\ue007")  # enter
    page.shows("own", 1.1, 13)
    page.press(" ")
    page.shows("own", 1.1, 14)
    page.wait_for_address("features=own&rate=1.1&iterations=14")
    page.tab_to("A good rate")
    page.press(" ")
    page.shows("standardized", 5, 80)
    assert page.browser.switch_to.active_element.get_attribute("aria-pressed") == "true"
    assert page.get("diagnosis").text.startswith("Converged.")


def test_the_address_holds_the_setting(page):
    page.open("features=own&rate=0.0123&iterations=7")
    page.shows("own", 0.0123, 7)
    page.js("location.hash = 'rate=0.5&iterations=3'")
    page.wait(lambda: page.number("t") == 3)
    page.shows("own", 0.5, 3)
    page.open("features=nonsense&rate=-3&iterations=1e9")
    page.shows("standardized", 1e-4, 300)
    page.open("rate=&iterations=many")
    page.shows("standardized", 1, 10)


def test_play_steps_until_it_is_paused_or_at_the_end(page):
    page.open("features=standardized&rate=1&iterations=0")
    play = page.get("play")
    play.click()
    assert play.text == "Pause"
    page.wait(lambda: page.number("t") >= 3)
    play.click()
    assert play.text == "Play"
    t = int(page.number("t"))
    page.wait_for_address(f"features=standardized&rate=1&iterations={t}")
    page.shows("standardized", 1, t)

    page.open("iterations=299")
    page.get("play").click()
    page.wait(lambda: page.get("play").text == "Play")
    assert page.number("t") == 300
    assert page.get("step").get_attribute("aria-disabled") == "true"
    page.get("step").click()
    assert page.number("t") == 300
    page.get("restart").click()
    page.shows("standardized", 1, 0)


def test_it_is_told_to_those_who_cannot_see_it(page):
    page.open("features=standardized&rate=40&iterations=60")
    J = f"{page.number('J'):.4f}"
    said = page.get("announcement")
    page.wait(lambda: said.get_attribute("textContent").startswith(f"Iteration 60, cost {J}. Osc"))
    assert said.get_attribute("aria-live") == "polite"
    before = {name: page.get(name).get_attribute("aria-label") for name in PICTURES}
    page.get("step").click()
    after = {name: page.get(name).get_attribute("aria-label") for name in PICTURES}
    for name in PICTURES:
        assert page.get(name).get_attribute("role") == "img"
        assert before[name] != after[name]
    assert f"{page.number('J'):.3f} at iteration 61" in after["curve"]


PICTURES = ("curve", "path", "boundary")


SCENES = {
    # What a reader can set and see, each in its order on the page.
    "cycles": (["rate", "iterations"], ["curve", "path", "curvature"]),
    "separable": (["iterations", "rule"], ["curve", "growth", "boundary"]),
    "coordinates": (["iterations", "coordinates"], ["path", "curve", "boundary"]),
    "stopping": (["rate", "iterations"], ["curve", "boundary"]),
    "graph": (["rate", "iterations", "nudge"], ["graph", "curve"]),
}


def links_to_scenes():
    """What the pages of the documentation open the page with."""
    pages = [page.read_text(encoding="utf-8") for page in PAGE.parents[1].rglob("*.md")]
    return {link for page in pages for link in re.findall(r'explore/index\.html#([^"]+)"', page)}


def test_every_scene_is_linked_to_and_has_a_twin(js):
    linked = {re.match(r"scene=(\w+)", link)[1] for link in links_to_scenes()}
    assert linked == set(SCENES) == set(js("Object.keys(SCENES)")) - {"free"}
    page = (PAGE.parents[1] / "guide" / "scenes.md").read_text(encoding="utf-8")
    for title in js("Object.values(SCENES).slice(1).map(({ title }) => title)"):
        _, found, section = page.partition(f"\n## {title}\n")
        assert found
        section = section.partition("\n## ")[0]
        assert "explore/index.html#scene=" in section
        assert ">>>" in section


def seen(page, selector):
    found = page.browser.find_elements("css selector", selector)
    return [each for each in found if each.is_displayed()]


@pytest.mark.parametrize("link", sorted(links_to_scenes()))
def test_a_link_opens_its_scene_as_it_says(page, link):
    page.open(link)
    page.wait_for_address(link)  # all that it says is taken over, and nothing is missing in it
    said = dict(each.split("=") for each in link.split("&"))
    controls, pictures = SCENES[said["scene"]]
    assert [each.get_attribute("id") for each in seen(page, "figure > svg")] == pictures
    inputs = [each.get_attribute("id") or "choice" for each in seen(page, "input")]
    assert list(dict.fromkeys(inputs)) == [
        name if name in ("rate", "iterations") else "choice" for name in controls
    ]
    (current,) = seen(page, "#scene-links a[aria-current]")
    assert current.text == page.get("scene-title").text
    assert len(page.get("scene-look").text) > 50
    twin = page.get("scene-twin").get_attribute("href")
    assert twin.endswith("/guide/scenes.html#" + current.text.lower().replace(" ", "-"))
    assert not page.get("python").is_displayed()

    t = int(said.pop("iterations"))
    setting = link.rpartition("&iterations")[0].replace("nudge=w1", "nudge=none")
    step = next(islice(PACKAGE[setting](), t, None))
    assert page.number("t") == t
    shown = [page.number(name) for name in ("J", "w1", "w2", "b")]
    assert_allclose(shown, [step.cost, *step.coef, step.intercept], rtol=1e-3, atol=6e-7)


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_locked_to_its_controls(page, scene):
    controls, _ = SCENES[scene]
    page.open(f"scene={scene}&features=own&rate=1e9&nudge=no&rule=no&coordinates=no&iterations=7")
    page.wait(lambda: "features" not in page.browser.current_url)
    said = dict(each.split("=") for each in page.browser.current_url.partition("#")[2].split("&"))
    assert sorted(said) == sorted(["scene", *controls])
    if "rate" in said:
        assert said["rate"] == page.js(f"return String(SCENES.{scene}.rates[1])")


def test_scenes_by_keyboard_alone(page):
    page.open("scene=graph&nudge=none&rate=0.1&iterations=1")
    page.tab_to("iterations")
    page.tab_to("")  # the radio button that is checked
    page.press("\ue015")  # down
    page.wait_for_address("scene=graph&nudge=w1&rate=0.1&iterations=1")
    assert page.get("diagnosis").text.startswith("Nudged. w₁ moves by 0.001")
    page.tab_to("step")
    page.press(" ")
    assert page.number("t") == 2
    page.open()
    page.tab_to("Four coordinates")
    page.press("\ue007")  # enter
    page.wait(lambda: page.get("scene-title").text == "Four coordinates")
    page.tab_to("iterations")
    page.press("\ue014")  # right
    page.wait_for_address("scene=coordinates&coordinates=decorrelated&iterations=31")


def test_scenes_by_pointer(page):
    page.open()
    page.browser.find_element("link text", "When a line separates").click()
    page.wait(lambda: page.get("scene-title").is_displayed())
    for label in seen(page, "#choice label"):
        label.click()
        assert label.find_element("tag name", "input").is_selected()
    page.wait_for_address("scene=separable&rule=growing&iterations=150")
    assert page.number("J") < 1e-10
    # The link of the scene that is open begins it again.
    page.browser.find_element("link text", "When a line separates").click()
    page.wait_for_address("scene=separable&rule=constant&iterations=150")
    page.browser.find_element("link text", "Free descent").click()
    page.wait_for_address("features=standardized&rate=1&iterations=10")
    page.shows("standardized", 1, 10)
    assert page.get("python").is_displayed()
    assert not page.get("scene-title").is_displayed()


@pytest.mark.parametrize("scene", SCENES)
def test_every_picture_of_a_scene_is_told_at_every_step(page, scene):
    page.open(f"scene={scene}&iterations=1")
    pictures = [page.get(name) for name in SCENES[scene][1]]
    before = [picture.get_attribute("aria-label") for picture in pictures]
    page.get("step").click()
    after = [picture.get_attribute("aria-label") for picture in pictures]
    assert all(told and told != now for told, now in zip(before, after, strict=True))
    assert {picture.get_attribute("role") for picture in pictures} == {"img"}
    page.wait(
        lambda: page.get("announcement").get_attribute("textContent").startswith("Iteration 2, ")
    )


@pytest.mark.parametrize("width", [320, 360])
def test_a_narrow_screen_needs_no_sideways_scrolling(page, width):
    metrics = {"width": width, "height": 700, "deviceScaleFactor": 2, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        for setting in (*suggestions().values(), *links_to_scenes()):
            page.open(setting)
            assert page.js("return innerWidth") == width
            assert page.js("return document.documentElement.scrollWidth") <= width
            right = page.js(
                "return Math.max(...[...document.querySelectorAll('main *')]"
                ".map((each) => each.getBoundingClientRect().right))"
            )
            assert right <= width
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_light_and_dark_follow_the_system_and_the_documentation(page):
    def background(system, chosen):
        features = [{"name": "prefers-color-scheme", "value": system}]
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        page.open()
        page.js(f"localStorage.setItem('mode', '{chosen}')")
        page.browser.refresh()
        return page.js("return getComputedStyle(document.body).backgroundColor")

    light, dark = "rgb(255, 255, 255)", "rgb(20, 24, 30)"
    try:
        assert [background("light", "auto"), background("dark", "auto")] == [light, dark]
        assert [background("light", "dark"), background("dark", "light")] == [dark, light]
    finally:
        page.js("localStorage.clear()")
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_without_motion_it_plays_still_pictures(page):
    """One iteration at a time, as anyone else sees it, but seconds and not tenths apart."""
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        page.open("iterations=0")
        # The page's own clock, so that no time passes in the test.
        page.js("window.setInterval = (call, wait) => { window.waits = wait; return 1; }")
        page.get("play").click()
        assert page.js("return window.waits") >= 1000
        assert page.number("t") == 1
    finally:
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
