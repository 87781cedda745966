"""`make api`: the manual of the SQL, `sql/API.md`, from what an installed database says."""
