"""What a machine must have for some tests; those that lack it are skipped with the reason printed."""

import shutil

import pytest

from printing.fonts import typeface

needs_chinese = pytest.mark.skipif(
    not typeface().covers("服务报告，（漏）。"), reason="no font with Chinese: apt-get install fonts-wqy-microhei"
)
needs_cyrillic = pytest.mark.skipif(
    not typeface().covers("ЖЩ"), reason="no TrueType font with Cyrillic: apt-get install fonts-wqy-microhei"
)
needs_arabic = pytest.mark.skipif(
    not typeface().covers("ﻓﻨﺪﻕ"), reason="no TrueType font with Arabic: apt-get install fonts-dejavu-core"
)
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="pdftoppm is missing: apt-get install poppler-utils"
)
