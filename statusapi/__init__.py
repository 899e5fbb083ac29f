"""The status API and page: reads views, takes orders; never probes, never sends."""
