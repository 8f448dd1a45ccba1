"""neat-python and its configuration: a text that is part of the results, refused with neat-python's own words."""

import importlib
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGE, EXTRA = "neat-python", "neat"

# neat-python's example of XOR, but for what a problem has of its own.
TEXT = """\
[NEAT]
fitness_criterion = max
fitness_threshold = {goal}
no_fitness_termination = False
pop_size = {population}
reset_on_extinction = False

[DefaultGenome]
num_inputs = {inputs}
num_outputs = 1
num_hidden = 0
feed_forward = True
initial_connection = full_direct
compatibility_disjoint_coefficient = 1.0
compatibility_weight_coefficient = 0.5
conn_add_prob = 0.5
conn_delete_prob = 0.5
node_add_prob = 0.2
node_delete_prob = 0.2
single_structural_mutation = False
structural_mutation_surer = default
activation_default = {activation}
activation_options = {activations}
activation_mutate_rate = {activation_rate}
aggregation_default = sum
aggregation_options = {aggregations}
aggregation_mutate_rate = {activation_rate}
bias_init_mean = 0.0
bias_init_stdev = 1.0
bias_init_type = gaussian
bias_max_value = 30.0
bias_min_value = -30.0
bias_mutate_power = 0.5
bias_mutate_rate = 0.7
bias_replace_rate = 0.1
response_init_mean = 1.0
response_init_stdev = {response_std}
response_init_type = gaussian
response_max_value = 30.0
response_min_value = -30.0
response_mutate_power = 0.0
response_mutate_rate = 0.0
response_replace_rate = 0.0
weight_init_mean = 0.0
weight_init_stdev = 1.0
weight_init_type = gaussian
weight_max_value = 30.0
weight_min_value = -30.0
weight_mutate_power = 0.5
weight_mutate_rate = 0.8
weight_replace_rate = 0.1
enabled_default = True
enabled_mutate_rate = 0.01
enabled_rate_to_true_add = 0.0
enabled_rate_to_false_add = 0.0

[DefaultSpeciesSet]
compatibility_threshold = 3.0

[DefaultStagnation]
species_fitness_func = max
max_stagnation = 20
species_elitism = 2

[DefaultReproduction]
elitism = 2
survival_threshold = 0.2
min_species_size = 2
"""
USUAL: dict[str, Any] = {
    "population": 150, "activation": "sigmoid", "activations": "sigmoid", "activation_rate": 0.0,
    "aggregations": "sum", "response_std": 0.0,
}  # fmt: skip
POPULATION, SURVIVAL, ELITE = 150, 0.2, 2  # as above


def library() -> Any:
    """neat-python; the error says how to install it."""
    try:
        return importlib.import_module("neat")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"this needs {PACKAGE}, which is in the extra `{EXTRA}`: pip install"
            f" 'neuroevolution-correspondence[{EXTRA}]'"
        ) from error


def version() -> str:
    """Which neat-python it is: results move with it."""
    library()
    return f"{PACKAGE} {metadata.version(PACKAGE)}"


def text(**fields: Any) -> str:
    """The configuration with these fields."""
    return TEXT.format(**USUAL | fields)


def configured(words: str) -> Any:
    """What neat-python makes of a configuration.

    Raises:
        ModuleNotFoundError: without neat-python.
        ValueError: if neat-python refuses it, with its reason.
    """
    neat = library()
    kinds = (neat.DefaultGenome, neat.DefaultReproduction, neat.DefaultSpeciesSet, neat.DefaultStagnation)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config"
        file.write_text(words, encoding="utf-8")
        try:
            return neat.Config(*kinds, str(file))
        except Exception as error:  # it raises bare ones
            said = " ".join(f"{type(error).__name__}: {error}".split())
            raise ValueError(f"{version()} refuses the configuration: {said}") from error
