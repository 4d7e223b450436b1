-- UP


-- DOWN

