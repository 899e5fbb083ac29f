"""The only room that sleeps, limits, retries and cancels."""
