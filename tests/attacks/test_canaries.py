"""Strangers' faces, thousands of them: nothing that a site writes down holds a byte of any."""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from scan import forms, scan

from visavis.config import Settings
from visavis.perception.observe import Observer
from visavis.pipeline.camera import Camera
from visavis.server.logs import configure
from visavis.server.run import serving
from visavis.server.site import Site
from visavis.simulation.walk_by import Portrait
from visavis.storage.server import start_server
from visavis.types import Embedding, Face, Frame, Purpose

from .conftest import said, size, unit
