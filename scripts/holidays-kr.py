"""Writes Korea's public holidays as domain/worktime/holidays/KR.tsv, and checks the lunar ones against a second source.

    python3 -m venv /tmp/hol && /tmp/hol/bin/pip install holidays==0.109 korean_lunar_calendar==0.4.0
    /tmp/hol/bin/python scripts/holidays-kr.py > domain/worktime/holidays/KR.tsv
"""

import importlib.metadata
import sys

import holidays
from korean_lunar_calendar import KoreanLunarCalendar

FIRST, LAST = 2024, 2036
LUNAR = {"설날": (1, 1), "부처님오신날": (4, 8), "추석": (8, 15)}


def lunar(year, month, day):
    calendar = KoreanLunarCalendar()
    if not calendar.setLunarDate(year, month, day, False):
        sys.exit(f"no lunar date {year}-{month}-{day}")
    return calendar.SolarIsoFormat()


def main():
    found = holidays.KR(years=range(FIRST, LAST + 1), language="ko")
    days = {d.isoformat(): name for d, name in found.items()}
    for year in range(FIRST, LAST + 1):
        for name, (month, day) in LUNAR.items():
            at = lunar(year, month, day)
            if name not in days.get(at, "").split("; "):
                sys.exit(f"{at}: {name} by the lunar calendar, {days.get(at)} by holidays")
    version = importlib.metadata.version("holidays")
    print("# Public holidays of Korea (관공서의 공휴일에 관한 규정, 공휴일에 관한 법률): date, TAB, name. Substitute holidays (대체공휴일), elections at the end of a term and")
    print("# holidays of one year only (임시공휴일) that were known when this was made are among them; later ones are overrides of a calendar.")
    print(f"# Source: PyPI holidays {version} (Vacanza Team, MIT licence: see LICENSE beside this file), lunar dates checked with PyPI korean_lunar_calendar")
    print(f"# {importlib.metadata.version('korean_lunar_calendar')} (after KASI). Written by scripts/holidays-kr.py; not edited by hand.")
    print(f"# Years: {FIRST}-{LAST}")
    for day in sorted(days):
        print(f"{day}\t{days[day]}")


main()
