"""analyze: recorded OTLP in, a report out. The same data path as the service, on files and without waiting."""
