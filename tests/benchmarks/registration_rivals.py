"""One registration by one library: python registration_rivals.py ENGINE ITERATIONS PAIR.npz FOUND.npz

Run by `tests.benchmarks.registration` with an interpreter that has the library (antspyx and itk-elastix are not among
this project's pins); of this project it imports nothing. Seconds are those of the library's registration
alone; no engine has a rigid stage, for the pair has no rigid motion. FOUND holds the displacement (3, z, y, x) in mm
along z, y, x.
"""

import importlib.util
import sys
import time

import numpy as np

MODULES = {"demons": "SimpleITK", "bspline": "SimpleITK", "elastix": "itk", "ants": "ants"}
ITERATIONS = {"demons": 60, "bspline": 50, "elastix": 400, "ants": 70}  # a level, at most


def demons(fixed, moving, spacing, iterations):
    """SimpleITK's fast symmetric demons in three levels of 4, 2 and 1 voxels."""
    import SimpleITK as sitk

    images = [_sitk(image, spacing) for image in (fixed, moving)]
    began, field = time.perf_counter(), None
    for shrink in (4, 2, 1):
        first, second = (
            sitk.Shrink(sitk.SmoothingRecursiveGaussian(i, 0.5 * shrink * spacing), [shrink] * 3)
            if shrink > 1
            else i
            for i in images
        )
        start = sitk.Image(first.GetSize(), sitk.sitkVectorFloat64) if field is None else field
        if field is None:
            start.CopyInformation(first)
        else:
            start = sitk.Resample(
                field, first, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkVectorFloat64
            )
        method = sitk.FastSymmetricForcesDemonsRegistrationFilter()
        method.SetNumberOfIterations(iterations)
        method.SetStandardDeviations(1.5)
        field = method.Execute(first, second, start)
    seconds = time.perf_counter() - began
    return np.moveaxis(sitk.GetArrayFromImage(field), -1, 0)[::-1], seconds


def bspline(fixed, moving, spacing, iterations):
    """SimpleITK's B-splines with mutual information, meshes of 4, 8 and 16 cells."""
    import SimpleITK as sitk

    first, second = (_sitk(image, spacing) for image in (fixed, moving))
    began = time.perf_counter()
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.2, 1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsLBFGS2(numberOfIterations=iterations)
    transform = sitk.BSplineTransformInitializer(first, [4, 4, 4], 3)
    method.SetInitialTransformAsBSpline(transform, inPlace=True, scaleFactors=[1, 2, 4])
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([2, 1, 0])
    found = method.Execute(first, second)
    seconds = time.perf_counter() - began
    field = sitk.TransformToDisplacementField(found, sitk.sitkVectorFloat64, first.GetSize(), *_grid(first))
    return np.moveaxis(sitk.GetArrayFromImage(field), -1, 0)[::-1], seconds


def elastix(fixed, moving, spacing, iterations):
    """ITKElastix' default B-spline registration, control points 6 mm apart, three resolutions."""
    import itk

    first, second = (itk.image_from_array(np.ascontiguousarray(image)) for image in (fixed, moving))
    for image in (first, second):
        image.SetSpacing([spacing] * 3)
    parameters = itk.ParameterObject.New()
    chosen = parameters.GetDefaultParameterMap("bspline", 3, 6.0)
    chosen["MaximumNumberOfIterations"] = (str(iterations),)
    chosen["NumberOfSpatialSamples"] = ("8192",)
    parameters.AddParameterMap(chosen)
    began = time.perf_counter()
    _, found = itk.elastix_registration_method(
        first, second, parameter_object=parameters, log_to_console=False
    )
    seconds = time.perf_counter() - began
    field = itk.transformix_deformation_field(first, found)
    return np.moveaxis(itk.array_from_image(field), -1, 0)[::-1], seconds


def ants(fixed, moving, spacing, iterations):
    """ANTs' SyN with cross-correlation of radius 4, as antspyx has it."""
    import ants as library

    first, second = (
        library.from_numpy(np.ascontiguousarray(image.transpose(2, 1, 0)), spacing=(spacing,) * 3)
        for image in (fixed, moving)
    )
    steps = (iterations, iterations * 7 // 10, iterations // 2)
    began = time.perf_counter()
    found = library.registration(
        first, second, "SyNOnly", syn_metric="CC", syn_sampling=4, reg_iterations=steps, random_seed=1
    )
    seconds = time.perf_counter() - began
    field = next(path for path in found["fwdtransforms"] if path.endswith(".nii.gz"))
    return library.image_read(field).numpy().transpose(3, 2, 1, 0)[::-1], seconds


def _sitk(image, spacing):
    import SimpleITK as sitk

    found = sitk.GetImageFromArray(image)
    found.SetSpacing([spacing] * 3)
    return found


def _grid(image):
    return image.GetOrigin(), image.GetSpacing(), image.GetDirection()


if __name__ == "__main__":
    name, count, pair_path, found_path = sys.argv[1:]
    if importlib.util.find_spec(MODULES[name]) is None:
        sys.exit(0)
    pair = np.load(pair_path)
    engine = {"demons": demons, "bspline": bspline, "elastix": elastix, "ants": ants}[name]
    cpu_began = time.process_time()
    displacement, taken = engine(pair["fixed"], pair["moving"], float(pair["spacing"]), int(count))
    cpu_taken = time.process_time() - cpu_began
    np.savez(found_path, displacement=displacement.astype(np.float32), seconds=taken, cpu_seconds=cpu_taken)
