"""The pooler: its files from the settings, checks of any configuration, a look at a running one."""
