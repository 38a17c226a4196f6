"""Builds the extension against the installed package: pip install --no-build-isolation ."""

import cleat
from setuptools import Extension, setup

setup(
    name="payments",
    version="1.0",
    py_modules=[],
    ext_modules=[
        Extension(
            "payments",
            ["payments.c"],
            include_dirs=[cleat.get_include()],
            library_dirs=[cleat.get_library_dir()],
            libraries=["cleat"],
            extra_compile_args=["-std=c11"],
        )
    ],
)
