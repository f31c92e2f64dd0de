"""A copy of the gallery while a scan of it is learned, in which whoever is forgotten meanwhile is overwritten too."""

import numpy as np
from numpy.typing import NDArray

from visavis.identity.scan import Scan


class Draft:
    """Templates as they were when learning began, and where each row of the gallery lies among them.

    The gallery tells of every edit under its lock; the learner reads beside it.
    """

    def __init__(self, rows: NDArray[np.float32]) -> None:
        """Copies rows, float32 (N, D)."""
        self.rows = rows.copy()
        self._scan: Scan | None = None
        self._places: dict[int, int | None] = {}  # gallery row -> row here, of those that changed; None: not here
        self._forgotten: set[int] = set()  # rows here

    def learned(self, scan: Scan) -> None:
        """The codes of those who were forgotten before there were codes are overwritten now, others at once."""
        self._scan = scan
        for place in self._forgotten:
            scan.blank(place)

    def added(self, rows: range) -> None:
        """These rows of the gallery hold new templates."""
        self._places.update(dict.fromkeys(rows))

    def forget(self, row: int) -> None:
        """This row of the gallery is forgotten."""
        place = self._place(row)
        self._places[row] = None
        if place is None:
            return
        self.rows[place] = 0.0
        self._forgotten.add(place)
        if self._scan is not None:
            self._scan.blank(place)

    def moved(self, last: int, row: int) -> None:
        """The template of the gallery's last row lies in this row now."""
        self._places[row], self._places[last] = self._place(last), None

    def _place(self, row: int) -> int | None:
        return self._places.get(row, row if row < len(self.rows) else None)

    def finished(self, scan: Scan, rows: NDArray[np.float32]) -> Scan:
        """The scan after all that changed, with a code for each of the gallery's rows, float32 (N, D)."""
        while len(scan) > len(rows):
            scan.pop()
        for row in self._places:
            if row < len(scan):
                scan.put(row, rows[row])
        if len(scan) < len(rows):
            scan.append(rows[len(scan) :])
        return scan
