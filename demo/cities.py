"""Real cities for generated events, so that searches by distance give plausible results."""

from typing import NamedTuple


class City(NamedTuple):
    name: str
    latitude: float
    longitude: float
    timezone: str


CITIES = (
    City("Berlin", 52.5200, 13.4050, "Europe/Berlin"),
    City("Hamburg", 53.5511, 9.9937, "Europe/Berlin"),
    City("Zürich", 47.3769, 8.5417, "Europe/Zurich"),
    City("Vienna", 48.2082, 16.3738, "Europe/Vienna"),
    City("Paris", 48.8566, 2.3522, "Europe/Paris"),
    City("London", 51.5074, -0.1278, "Europe/London"),
    City("Dublin", 53.3498, -6.2603, "Europe/Dublin"),
    City("Lisbon", 38.7223, -9.1393, "Europe/Lisbon"),
    City("Tromsø", 69.6492, 18.9553, "Europe/Oslo"),
    City("Helsinki", 60.1699, 24.9384, "Europe/Helsinki"),
    City("Istanbul", 41.0082, 28.9784, "Europe/Istanbul"),
    City("Cairo", 30.0444, 31.2357, "Africa/Cairo"),
    City("Nairobi", -1.2921, 36.8219, "Africa/Nairobi"),
    City("Lagos", 6.5244, 3.3792, "Africa/Lagos"),
    City("Cape Town", -33.9249, 18.4241, "Africa/Johannesburg"),
    City("Mumbai", 19.0760, 72.8777, "Asia/Kolkata"),
    City("Singapore", 1.3521, 103.8198, "Asia/Singapore"),
    City("Seoul", 37.5665, 126.9780, "Asia/Seoul"),
    City("Tokyo", 35.6762, 139.6503, "Asia/Tokyo"),
    City("Sydney", -33.8688, 151.2093, "Australia/Sydney"),
    City("Suva", -18.1248, 178.4501, "Pacific/Fiji"),
    City("Honolulu", 21.3069, -157.8583, "Pacific/Honolulu"),
    City("San Francisco", 37.7749, -122.4194, "America/Los_Angeles"),
    City("Mexico City", 19.4326, -99.1332, "America/Mexico_City"),
    City("New York", 40.7128, -74.0060, "America/New_York"),
    City("São Paulo", -23.5505, -46.6333, "America/Sao_Paulo"),
)
