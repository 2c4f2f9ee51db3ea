"""The SVHN policy against torchvision's own list, and the paper's 56 counted."""

from torchvision.transforms import AutoAugment, AutoAugmentPolicy

from scripts.papers.glioma_grading.policy import (
    SVHN,
    WITHOUT_MAGNITUDE,
    copies_of_others,
    effect_of,
    fixed_operations,
    steps_label,
)


def test_the_list_is_torchvisions():
    theirs = AutoAugment(AutoAugmentPolicy.SVHN).policies
    ours = [
        ((*effect_of((s.first,))[0][:1], s.first_probability, effect_of((s.first,))[0][1]),
         (*effect_of((s.second,))[0][:1], s.second_probability, effect_of((s.second,))[0][1]))
        for s in SVHN
    ]  # fmt: skip
    assert ours == list(theirs)


def test_operations_without_a_magnitude_are_those_that_torchvision_gives_none():
    space = AutoAugment()._augmentation_space(10, (32, 32))
    named = {o.name for s in SVHN for o in (s.first, s.second)}
    assert {name for name in named if space[name][0].ndim == 0} == set(WITHOUT_MAGNITUDE)


def test_the_papers_56_are_the_entries_of_the_published_table():
    operations = fixed_operations()
    assert len(SVHN) == 25
    assert sum(len(steps) == 1 for steps in operations) == 32
    assert sum(len(steps) == 2 for steps in operations) == 24
    assert len(operations) == 56


def test_by_effect_45_are_left():
    operations = fixed_operations()
    effects = {effect_of(steps) for steps in operations}
    assert sum(len(e) == 1 for e in effects) == 24
    assert sum(len(e) == 2 for e in effects) == 21
    repeated = copies_of_others(operations)
    assert len(repeated) == 56 - 45
    assert all(effect_of(operations[k]) == effect_of(operations[first]) for k, first in repeated.items())


def test_with_probabilities_nobody_could_have_counted_56():
    singles = {
        (o, p) for s in SVHN for o, p in ((s.first, s.first_probability), (s.second, s.second_probability))
    }
    assert len(singles) + len(set(SVHN)) == 44 + 25


def test_a_label_names_what_is_done():
    labels = [steps_label(steps) for steps in fixed_operations()]
    assert labels[:3] == ["ShearX 4", "Invert", "ShearX 4 + Invert"]
    assert steps_label(()) == "original"
